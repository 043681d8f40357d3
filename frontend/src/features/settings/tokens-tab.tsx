import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { newIdempotencyKey } from '../../api/client.ts';
import { useMay } from '../../api/me.ts';
import { config } from '../../app/config.ts';
import { tokensQuery, useCreateToken, useDeleteToken } from '../../api/settings.ts';
import type { Role, Token, TokenCreated } from '../../api/types.ts';
import { settings } from '../../i18n/en/settings.ts';
import { useT } from '../../i18n/use-t.tsx';
import { useLeaveGuard } from '../../ui/leave-guard.tsx';
import { Alert } from '../../ui/alert.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { TextField } from '../../ui/fields.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { toast } from '../../ui/toast.tsx';
import { RelativeTime } from '../../ui/values.tsx';
import { isMachine } from './member-state.tsx';
import { RoleField, useRoleWords } from './role-field.tsx';
import { ShownOnce } from './shown-once.tsx';

type Open = { readonly kind: 'create' } | { readonly kind: 'shown'; readonly made: TokenCreated } | { readonly kind: 'end'; readonly token: Token };

/** Tokens for programs that use the admin API. */
export function TokensTab() {
  const t = useT(settings);
  const isOwner = useMay('owner');
  const isElsewhere = config().edition === 'aws';
  const query = useQuery({ ...tokensQuery, enabled: isOwner && !isElsewhere });
  const [open, setOpen] = useState<Open>();
  const close = (): void => setOpen(undefined);
  if (isElsewhere) return <Card><EmptyState title={t('tokens')}>{t('tokensElsewhere')}</EmptyState></Card>;
  if (!isOwner) return <Card><EmptyState title={t('tokens')}>{t('ownerOnly')}</EmptyState></Card>;
  const create = <Button small icon={<Plus aria-hidden size={15} />} onClick={() => setOpen({ kind: 'create' })}>{t('createToken')}</Button>;
  return (
    <>
      <QueryView query={query} skeleton={<Skeleton shape="card" />}>
        {(tokens) => (tokens.length === 0 ? <Card><EmptyState title={t('tokensEmpty')} action={create}>{t('tokensText')}</EmptyState></Card> : (
          <Card flush title={t('tokens')} actions={create}>
            <DataTable label={t('tokens')} rows={tokens} rowKey={({ id }) => id} columns={[
              { id: 'name', header: t('name'), cell: ({ name }) => <span className="settings__person">{name}</span> },
              { id: 'role', header: t('role'), cell: (token) => <TokenRole token={token} /> },
              { id: 'by', header: t('createdBy'), cell: ({ createdBy }) => createdBy },
              { id: 'added', header: t('added'), cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
              { id: 'actions', header: t('actions'), isHeaderHidden: true, align: 'end', cell: (token) => <Button small kind="ghost" aria-label={`${t('endToken')}: ${token.name}`} onClick={() => setOpen({ kind: 'end', token })}>{t('endToken')}</Button> },
            ]} />
          </Card>
        ))}
      </QueryView>
      {open?.kind === 'create' && <Create onClose={close} onMade={(made) => setOpen({ kind: 'shown', made })} />}
      {open?.kind === 'shown' && <ShownOnce title={t('tokenReady')} secret={open.made.token} missing={t('tokenNotShown')} warning={t('tokenOnce')} copyText={t('copyToken')} doneText={t('haveSaved')} onClose={close} />}
      {open?.kind === 'end' && <End token={open.token} onClose={close} />}
    </>
  );
}

/** The written role, and beside it what the token may now where that is less, with the reason. */
function TokenRole({ token: { role, effectiveRole, createdBy: name, createdById } }: { readonly token: Token }) {
  const t = useT(settings);
  const words = useRoleWords();
  if (effectiveRole === role) return words(role);
  const why = effectiveRole !== null ? t('worksAsWhy', { name }) : isMachine(createdById) ? t('worksNotWhyToken', { name }) : t('worksNotWhy', { name });
  return (
    <span className="settings__worth">
      <span className="row">{words(role)} {effectiveRole === null ? <Badge>{t('worksNot')}</Badge> : <Badge tone="warn">{t('worksAs', { role: words(effectiveRole) })}</Badge>}</span>
      <span className="settings__why">{why}</span>
    </span>
  );
}

function Create({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: (made: TokenCreated) => void }) {
  const t = useT(settings);
  const errorText = useErrorText();
  const create = useCreateToken();
  const [idempotencyKey, setIdempotencyKey] = useState(newIdempotencyKey);
  const [name, setName] = useState('');
  const [isTried, setTried] = useState(false);
  const [role, setRole] = useState<Role>('admin');
  const submit = (): void => {
    setTried(true);
    if (name.trim() === '') return;
    create.mutate({ body: { name: name.trim(), role }, idempotencyKey }, { onSuccess: ({ data }) => onMade(data), onError: () => setIdempotencyKey(newIdempotencyKey()) });
  };
  const { close, question } = useLeaveGuard(name.trim() !== '', onClose);
  return (
    <Dialog title={t('createToken')} description={t('tokensText')} onClose={close} footer={<><Button kind="primary" type="submit" form="create-token" busy={create.isPending} busyText={t('creating')}>{t('createToken')}</Button><Button onClick={close}>{t('cancel')}</Button></>}>
      <form id="create-token" className="stack" noValidate onSubmit={(event) => { event.preventDefault(); submit(); }}>
        {create.error !== null && <Alert kind="error">{errorText(create.error)}</Alert>}
        <TextField label={t('name')} hint={t('tokenNameHint')} data-autofocus value={name} maxLength={64} autoComplete="off" error={isTried && name.trim() === '' ? t('needed') : undefined} onChange={(event) => setName(event.target.value)} />
        <RoleField value={role} onChange={setRole} />
      </form>
      {question}
    </Dialog>
  );
}

function End({ token: { id, name }, onClose }: { readonly token: Token; readonly onClose: () => void }) {
  const t = useT(settings);
  const end = useDeleteToken();
  const run = async (): Promise<void> => {
    await end.mutateAsync(id);
    toast({ text: t('ended', { name }) });
  };
  return <ConfirmDialog title={t('endTitle', { name })} confirmText={t('endToken')} busyText={t('ending')} onConfirm={run} onClose={onClose}><p>{t('endText')}</p></ConfirmDialog>;
}
