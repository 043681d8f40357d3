import { useQuery } from '@tanstack/react-query';
import { UserPlus } from 'lucide-react';
import { useState } from 'react';
import { newIdempotencyKey } from '../../api/client.ts';
import { useMay, useMe } from '../../api/me.ts';
import { membersQuery, useChangeMember, useInvite, useRemoveMember } from '../../api/settings.ts';
import type { Member, MemberInvited, Role } from '../../api/types.ts';
import { settings } from '../../i18n/en/settings.ts';
import { useT } from '../../i18n/use-t.tsx';
import { useLeaveGuard } from '../../ui/leave-guard.tsx';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { TextField } from '../../ui/fields.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { toast } from '../../ui/toast.tsx';
import { RelativeTime } from '../../ui/values.tsx';
import { InviteAgain, isLapsed, MemberState } from './member-state.tsx';
import { RoleField, ROLES, useRoleWords } from './role-field.tsx';
import { ShownOnce } from './shown-once.tsx';

type Open = { readonly kind: 'invite' } | { readonly kind: 'link'; readonly made: MemberInvited; readonly role: Role } | { readonly kind: 'remove'; readonly member: Member };

/** Who may see and change what, and the invitations that nobody has accepted. */
export function PeopleTab() {
  const t = useT(settings);
  const words = useRoleWords();
  const query = useQuery(membersQuery);
  const isOwner = useMay('owner');
  const isAdmin = useMay('admin');
  const { user, role: own } = useMe();
  const [open, setOpen] = useState<Open>();
  const close = (): void => setOpen(undefined);
  const nameOf = ({ name, email }: Member): string => name ?? email ?? t('noName');
  const removeWord = (member: Member): string => (member.state === 'active' ? t('remove') : isLapsed(member) ? t('removeInvitation') : t('withdraw'));
  const mayRemove = ({ role }: Member): boolean => isAdmin && own !== null && ROLES.indexOf(role) <= ROLES.indexOf(own);
  return (
    <>
      <QueryView query={query} skeleton={<Skeleton shape="card" />}>
        {(members) => (
          <Card flush title={t('people')} actions={isAdmin && <Button small icon={<UserPlus aria-hidden size={15} />} onClick={() => setOpen({ kind: 'invite' })}>{t('invite')}</Button>}>
            <DataTable label={t('people')} rows={members} rowKey={({ id }) => id} columns={[
              { id: 'name', header: t('name'), cell: (member) => <span className="two-lines"><span className="settings__person">{nameOf(member)}{member.id === user.id && <> <span className="muted">({t('you')})</span></>}</span>{member.email !== null && member.email !== nameOf(member) && <span className="muted">{member.email}</span>}</span> },
              { id: 'role', header: t('role'), cell: (member) => (isOwner && member.state === 'active' ? <RoleSelect member={member} name={nameOf(member)} /> : words(member.role)) },
              { id: 'state', header: t('state'), cell: (member) => <MemberState member={member} /> },
              { id: 'added', header: t('added'), cell: ({ addedAt }) => <RelativeTime at={addedAt} /> },
              { id: 'actions', header: t('actions'), isHeaderHidden: true, align: 'end', cell: (member) => mayRemove(member) && (
                <span className="settings__buttons">
                  {isLapsed(member) && <InviteAgain member={member} name={nameOf(member)} onMade={(made) => setOpen({ kind: 'link', made, role: member.role })} />}
                  <Button small kind="ghost" aria-label={`${removeWord(member)}: ${nameOf(member)}`} onClick={() => setOpen({ kind: 'remove', member })}>{removeWord(member)}</Button>
                </span>
              ) },
            ]} />
          </Card>
        )}
      </QueryView>
      {open?.kind === 'invite' && <Invite onClose={close} onMade={(made, role) => setOpen({ kind: 'link', made, role })} />}
      {open?.kind === 'link' && <ShownOnce title={t('inviteReady')} secret={open.made.inviteUrl} missing={t('inviteNotShown')} warning={t('inviteOnce', { role: words(open.role) })} copyText={t('copyLink')} doneText={t('done')} onClose={close} />}
      {open?.kind === 'remove' && <Remove member={open.member} name={nameOf(open.member)} onClose={close} />}
    </>
  );
}

function RoleSelect({ member, name }: { readonly member: Member; readonly name: string }) {
  const t = useT(settings);
  const words = useRoleWords();
  const errorText = useErrorText();
  const change = useChangeMember();
  const set = (role: Role): void => change.mutate({ id: member.id, role, ...(member.version !== undefined && { version: member.version }) }, { onSuccess: () => toast({ text: t('roleChanged', { name, role: words(role) }) }), onError: (error) => toast({ kind: 'error', text: errorText(error) }) });
  return <select className="settings__select" aria-label={t('roleOf', { name })} value={member.role} disabled={change.isPending} onChange={(event) => set(event.target.value as Role)}>{ROLES.map((id) => <option key={id} value={id}>{words(id)}</option>)}</select>;
}

function Invite({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: (made: MemberInvited, role: Role) => void }) {
  const t = useT(settings);
  const errorText = useErrorText();
  const invite = useInvite();
  const [idempotencyKey, setIdempotencyKey] = useState(newIdempotencyKey);
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('member');
  const submit = (): void => invite.mutate({ body: { role, ...(name.trim() !== '' && { name: name.trim() }), ...(email.trim() !== '' && { email: email.trim() }) }, idempotencyKey }, {
    onSuccess: ({ data }) => onMade(data, role), onError: () => setIdempotencyKey(newIdempotencyKey()),
  });
  const { close, question } = useLeaveGuard(name.trim() !== '' || email.trim() !== '', onClose);
  return (
    <Dialog title={t('inviteTitle')} description={t('inviteText')} onClose={close} footer={<><Button kind="primary" type="submit" form="invite" busy={invite.isPending} busyText={t('inviting')}>{t('invite')}</Button><Button onClick={close}>{t('cancel')}</Button></>}>
      <form id="invite" className="stack" noValidate onSubmit={(event) => { event.preventDefault(); submit(); }}>
        {invite.error !== null && <Alert kind="error">{errorText(invite.error)}</Alert>}
        <TextField label={t('name')} isOptional data-autofocus value={name} maxLength={128} autoComplete="off" onChange={(event) => setName(event.target.value)} />
        <TextField label={t('email')} isOptional type="email" value={email} maxLength={254} autoComplete="off" onChange={(event) => setEmail(event.target.value)} />
        <RoleField value={role} onChange={setRole} />
      </form>
      {question}
    </Dialog>
  );
}

function Remove({ member, name, onClose }: { readonly member: Member; readonly name: string; readonly onClose: () => void }) {
  const t = useT(settings);
  const remove = useRemoveMember();
  const isMember = member.state === 'active';
  const run = async (): Promise<void> => {
    await remove.mutateAsync(member.id);
    toast({ text: isMember ? t('removed', { name }) : t('invitationRemoved', { name }) });
  };
  const [title, verb, text] = isMember ? [t('removeTitle', { name }), t('remove'), t('removeText')] as const
    : isLapsed(member) ? [t('removeInvitationTitle'), t('removeInvitation'), t('removeInvitationText')] as const
    : [t('withdrawTitle'), t('withdraw'), t('withdrawText')] as const;
  return <ConfirmDialog title={title} confirmText={verb} busyText={t('removing')} onConfirm={run} onClose={onClose}><p>{text}</p></ConfirmDialog>;
}
