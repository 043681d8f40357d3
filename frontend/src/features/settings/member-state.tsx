import { useState } from 'react';
import { newIdempotencyKey } from '../../api/client.ts';
import { useInvite, useRemoveMember } from '../../api/settings.ts';
import type { Member, MemberInvited } from '../../api/types.ts';
import { settings } from '../../i18n/en/settings.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { toast } from '../../ui/toast.tsx';
import { RelativeTime } from '../../ui/values.tsx';

/** Whether this is an invitation whose link opens nothing any more. */
export const isLapsed = ({ state, lapsed }: Member): boolean => state === 'invited' && lapsed !== null && lapsed !== undefined;

/** Whether somebody's id is that of a machine token. */
export const isMachine = (id: string | null | undefined): boolean => id?.startsWith('mt_') === true;

/** A member, an invitation with its end, or one that opens nothing, with the reason. */
export function MemberState({ member }: { readonly member: Member }) {
  const t = useT(settings);
  const { state, validUntil } = member;
  if (state === 'active') return <Badge tone="good">{t('active')}</Badge>;
  if (isLapsed(member)) return <span className="settings__worth"><Badge>{t('lapsedState')}</Badge><span className="settings__why"><Why member={member} /></span></span>;
  return <span className="row"><Badge tone="warn">{t('invited')}</Badge>{validUntil !== undefined && <span className="muted">{t.rich('until', { when: <RelativeTime at={validUntil} /> })}</span>}</span>;
}

function Why({ member: { lapsed, invitedBy, invitedById, validUntil } }: { readonly member: Member }) {
  const t = useT(settings);
  const name = invitedBy ?? t('noName');
  if (lapsed === 'expired') return t.rich('lapsedExpired', { when: <RelativeTime at={validUntil ?? ''} /> });
  if (lapsed === 'inviter_role') return t('lapsedRole', { name });
  return isMachine(invitedById) ? t('lapsedToken', { name }) : t('lapsedLeft', { name });
}

/** The same invitation anew, in one's own name; the one that opens nothing goes. */
export function InviteAgain({ member, name, onMade }: { readonly member: Member; readonly name: string; readonly onMade: (made: MemberInvited) => void }) {
  const t = useT(settings);
  const errorText = useErrorText();
  const invite = useInvite();
  const remove = useRemoveMember();
  const [idempotencyKey, setIdempotencyKey] = useState(newIdempotencyKey);
  const run = (): void => invite.mutate({ body: { role: member.role, ...(member.name !== null && { name: member.name }), ...(member.email !== null && { email: member.email }) }, idempotencyKey }, {
    onSuccess: ({ data }) => {
      onMade(data);
      // Should it stay, it is still said to be dead, and can be removed by hand.
      remove.mutate(member.id);
    },
    onError: (error) => {
      setIdempotencyKey(newIdempotencyKey());
      toast({ kind: 'error', text: errorText(error) });
    },
  });
  return <Button small busy={invite.isPending} busyText={t('invitingAgain')} aria-label={`${t('inviteAgain')}: ${name}`} onClick={run}>{t('inviteAgain')}</Button>;
}
