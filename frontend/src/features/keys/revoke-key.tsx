import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { newIdempotencyKey } from '../../api/client.ts';
import { useRevokeKey } from '../../api/keys.ts';
import type { KeyView } from '../../api/types.ts';
import { usageQuery } from '../../api/usage.ts';
import { config } from '../../app/config.ts';
import { keys } from '../../i18n/en/keys.ts';
import { useT } from '../../i18n/use-t.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { toast } from '../../ui/toast.tsx';
import { RelativeTime } from '../../ui/values.tsx';

const DAY_MS = 86_400_000;

/** Says what will fail, in numbers; a key that was used within a day is named again before it ends. */
export function RevokeKey({ apiKey, onClose }: { readonly apiKey: KeyView; readonly onClose: () => void }) {
  const t = useT(keys);
  const revoke = useRevokeKey();
  const [idempotencyKey] = useState(newIdempotencyKey);
  const { data } = useQuery(usageQuery({ range: '1h' }, { key: [apiKey.id] }));
  const { id, name, lastUsedAt } = apiKey;
  const soon = config().edition === 'aws' ? t('soonMinute') : t('soonNow');
  const isInUse = lastUsedAt !== null && lastUsedAt !== undefined && Date.now() - Date.parse(lastUsedAt) < DAY_MS;
  const run = async (): Promise<void> => {
    await revoke.mutateAsync({ id, idempotencyKey });
    toast({ text: t('revokedDone', { name }) });
  };
  const count = data?.totals.requests;
  return (
    <ConfirmDialog title={t('revokeTitle', { name })} confirmText={t('revoke')} busyText={t('revokeBusy')} {...(isInUse && { typeName: name })} onConfirm={run} onClose={onClose}>
      <p>{count === undefined ? t('revokeUnknown', { name, soon }) : count === 0 ? t('revokeIdle', { name, soon }) : t('revokeUsed', { count, name, soon })}</p>
      {lastUsedAt !== null && lastUsedAt !== undefined && <p>{t.rich('lastUsedOn', { when: <RelativeTime at={lastUsedAt} /> })}</p>}
      <p className="muted">{t('revokeForever')}</p>
    </ConfirmDialog>
  );
}
