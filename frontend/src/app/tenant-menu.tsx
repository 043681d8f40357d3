import { ChevronsUpDown } from 'lucide-react';
import { useMe } from '../api/me.ts';
import { chooseTenant } from '../api/tenant.ts';
import { shell } from '../i18n/en/shell.ts';
import { useT } from '../i18n/use-t.tsx';
import { Menu } from '../ui/menu.tsx';

/** Which gateway is shown, for people who belong to several. */
export function TenantMenu() {
  const t = useT(shell);
  const { tenants, tenantId } = useMe();
  if (tenants.length < 2) return null;
  const name = tenants.find(({ id }) => id === tenantId)?.name ?? '';
  return <Menu label={`${t('gateway')}: ${name}`} align="start" buttonClass="sidebar__search" button={<><span>{name}</span><ChevronsUpDown aria-hidden size={15} /></>} items={tenants.map((tenant) => ({ id: tenant.id, text: tenant.name, isChecked: tenant.id === tenantId, onChoose: () => chooseTenant(tenant.id) }))} />;
}
