import { useState } from 'react';
import { newIdempotencyKey } from '../../api/client.ts';
import { useRotateKey } from '../../api/keys.ts';
import type { KeyCreated, KeyView } from '../../api/types.ts';
import { keys } from '../../i18n/en/keys.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { RadioGroupField } from '../../ui/fields.tsx';
import { RelativeTime } from '../../ui/values.tsx';

/** A new key for an old one; the answer is shown once by the page. */
export function RotateKey({ apiKey, onClose, onMade }: { readonly apiKey: KeyView; readonly onClose: () => void; readonly onMade: (made: KeyCreated) => void }) {
  const t = useT(keys);
  const errorText = useErrorText();
  const rotate = useRotateKey();
  const [idempotencyKey] = useState(newIdempotencyKey);
  const [overlap, setOverlap] = useState('86400');
  const run = async (): Promise<void> => {
    const { data } = await rotate.mutateAsync({ id: apiKey.id, overlapSeconds: Number(overlap), idempotencyKey });
    rotate.reset();
    onMade(data);
  };
  return (
    <Dialog title={t('rotateTitle', { name: apiKey.name })} description={t('rotateText')} onClose={onClose} footer={(
      <>
        <Button kind="primary" busy={rotate.isPending} busyText={t('rotateBusy')} onClick={() => { run().catch(() => { /* shown above */ }); }}>{t('rotate')}</Button>
        <Button onClick={onClose}>{t('cancel')}</Button>
      </>
    )}>
      <div className="stack">
        {rotate.error !== null && <Alert kind="error">{errorText(rotate.error)}</Alert>}
        {apiKey.lastUsedAt !== null && apiKey.lastUsedAt !== undefined && <p>{t.rich('rotateLast', { when: <RelativeTime at={apiKey.lastUsedAt} /> })}</p>}
        <RadioGroupField label={t('overlap')} name="overlap" value={overlap} onChange={setOverlap} options={[{ value: '86400', label: t('overlap24h') }, { value: '3600', label: t('overlap1h') }, { value: '0', label: t('overlap0') }]} />
        {overlap === '0' && <Alert kind="warning">{t('overlap0Hint')}</Alert>}
      </div>
    </Dialog>
  );
}
