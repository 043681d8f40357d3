import { Link } from '@tanstack/react-router';
import { ChevronsUpDown, Search } from 'lucide-react';
import { useMay, useMe } from '../api/me.ts';
import type { Role } from '../api/types.ts';
import { shell } from '../i18n/en/shell.ts';
import { useT } from '../i18n/use-t.tsx';
import { Logo } from '../ui/logo.tsx';
import { Menu } from '../ui/menu.tsx';
import { config } from './config.ts';
import { NAV, SETTINGS, type NavItem } from './nav.ts';
import { TenantMenu } from './tenant-menu.tsx';
import { useUserMenu } from './user-menu.tsx';

export interface Chrome { readonly onSearch: () => void; readonly onHelp: () => void }

export function Sidebar({ onSearch, onHelp }: Chrome) {
  const t = useT(shell);
  return (
    <header className="sidebar">
      <div className="sidebar__brand"><Link to="/" className="brand"><Logo /><span>BSGateway</span></Link></div>
      <TenantMenu />
      <button type="button" className="sidebar__search" onClick={onSearch}><Search aria-hidden size={15} /><span>{t('searchShort')}</span><kbd>{navigator.platform.startsWith('Mac') ? '⌘K' : 'Ctrl K'}</kbd></button>
      <NavList />
      <UserRow onHelp={onHelp} />
    </header>
  );
}

export function NavList() {
  const t = useT(shell);
  return <nav className="nav" aria-label={t('mainNav')}><ul>{NAV.map((item) => <NavLink key={item.to} item={item} />)}</ul><ul className="nav__end"><NavLink item={SETTINGS} /></ul></nav>;
}

function NavLink({ item: { to, name, icon: Icon, needs } }: { readonly item: NavItem }) {
  const t = useT(shell);
  if (!useMay(needs)) return null;
  return <li><Link to={to} className="nav__link" activeOptions={{ exact: to === '/', includeSearch: false }} activeProps={{ 'aria-current': 'page' }}><Icon aria-hidden size={17} strokeWidth={1.8} />{t(name)}</Link></li>;
}

export function useRoleName(): (role: Role | null) => string {
  const t = useT(shell);
  return (role) => (role === 'owner' ? t('roleOwner') : role === 'admin' ? t('roleAdmin') : role === 'member' ? t('roleMember') : t('roleViewer'));
}

export function UserRow({ onHelp }: Pick<Chrome, 'onHelp'>) {
  const t = useT(shell);
  const roleName = useRoleName();
  const items = useUserMenu(onHelp);
  const { user, role } = useMe();
  const { version, demo } = config();
  const words = user.name.split(/[\s@.]+/).filter(Boolean);
  const initials = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => word?.charAt(0).toUpperCase() ?? '').join('');
  return (
    <div className="user">
      {demo === true && <p className="user__demo">{t('demo')}</p>}
      <Menu items={items} label={`${t('account', { name: user.name })} ${roleName(role)}${version === '' ? '' : ` · ${t('version', { version })}`}`} align="start" up buttonClass="user__button" button={(
        <>
          <span className="user__initials" aria-hidden>{initials}</span>
          <span className="user__text"><span className="user__name">{user.name}</span><span className="user__role">{roleName(role)}{version === '' ? '' : ` · ${t('version', { version })}`}</span></span>
          <ChevronsUpDown aria-hidden size={15} />
        </>
      )} />
    </div>
  );
}
