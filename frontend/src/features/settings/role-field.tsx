import { useMe } from '../../api/me.ts';
import type { Role } from '../../api/types.ts';
import { settings } from '../../i18n/en/settings.ts';
import { useT } from '../../i18n/use-t.tsx';
import { SelectField } from '../../ui/fields.tsx';

const ROLES: readonly Role[] = ['viewer', 'member', 'admin', 'owner'];

export function useRoleWords(): (role: Role) => string {
  const t = useT(settings);
  return (role) => ({ owner: t('roleOwner'), admin: t('roleAdmin'), member: t('roleMember'), viewer: t('roleViewer') })[role];
}

/** Roles up to one's own: nobody gives what they do not have. */
export function RoleField({ value, onChange }: { readonly value: Role; readonly onChange: (role: Role) => void }) {
  const t = useT(settings);
  const words = useRoleWords();
  const { role } = useMe();
  const hints = { owner: t('roleOwnerHint'), admin: t('roleAdminHint'), member: t('roleMemberHint'), viewer: t('roleViewerHint') };
  const most = role === null ? 0 : ROLES.indexOf(role);
  return <SelectField label={t('role')} hint={hints[value]} value={value} onChange={(event) => onChange(event.target.value as Role)}>{ROLES.slice(0, most + 1).map((id) => <option key={id} value={id}>{words(id)}</option>)}</SelectField>;
}

export { ROLES };
