import { Link, useLocation } from '@tanstack/react-router';
import { Menu as MenuIcon, Search } from 'lucide-react';
import { useEffect, useState } from 'react';
import { shell } from '../i18n/en/shell.ts';
import { useT } from '../i18n/use-t.tsx';
import { IconButton } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Logo } from '../ui/logo.tsx';
import { NavList, UserRow, type Chrome } from './sidebar.tsx';
import { TenantMenu } from './tenant-menu.tsx';

/** Instead of the sidebar on narrow screens: the same, behind a button. */
export function TopBar({ onSearch, onHelp }: Chrome) {
  const t = useT(shell);
  const { pathname } = useLocation();
  const [isOpen, setOpen] = useState(false);
  const close = (): void => setOpen(false);
  useEffect(close, [pathname]);
  return (
    <header className="top-bar">
      <IconButton label={t('menu')} onClick={() => setOpen(true)}><MenuIcon aria-hidden size={20} /></IconButton>
      <Link to="/" className="brand"><Logo /><span>BSGateway</span></Link>
      <IconButton label={t('search')} onClick={onSearch}><Search aria-hidden size={20} /></IconButton>
      {isOpen && <Dialog drawer="left" title={t('menu')} onClose={close}><TenantMenu /><NavList /><UserRow onHelp={() => { close(); onHelp(); }} /></Dialog>}
    </header>
  );
}
