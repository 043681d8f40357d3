import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { erase, type Erased } from '../../api/data.ts';
import { keysQuery } from '../../api/keys.ts';
import { settings } from '../../i18n/en/settings.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { RadioGroupField, SelectField, TextField } from '../../ui/fields.tsx';
import { toast } from '../../ui/toast.tsx';

/** What tells of a person, out of the request log: by the user that requests named, or by key. */
export function Erase() {
  const t = useT(settings);
  const keys = useQuery(keysQuery).data ?? [];
  const [kind, setKind] = useState('user');
  const [user, setUser] = useState('');
  const [keyId, setKeyId] = useState('');
  const [isTried, setTried] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const [soFar, setSoFar] = useState<Erased>();
  const isUser = kind === 'user';
  const name = isUser ? user.trim() : keys.find(({ id }) => id === keyId)?.name ?? '';
  const ask = (): void => {
    setTried(true);
    if (name !== '') setAsking(true);
  };
  const run = async (): Promise<void> => {
    const { erased } = await erase(isUser ? { user: name } : { keyId }, setSoFar);
    toast({ text: t('erased', { count: erased }) });
    setUser('');
    setTried(false);
  };
  const error = isTried && name === '' ? t('needed') : undefined;
  return (
    <Card title={t('eraseTitle')}>
      <div className="stack">
        <p className="muted">{t('eraseText')}</p>
        <RadioGroupField label={t('eraseOf')} name="erase" value={kind} onChange={setKind} options={[{ value: 'user', label: t('eraseUser') }, { value: 'key', label: t('eraseKey') }]} />
        <div className="settings__narrow">
          {isUser
            ? <TextField label={t('userLabel')} hint={t('userHint')} value={user} maxLength={128} autoComplete="off" onChange={(event) => setUser(event.target.value)} error={error} />
            : <SelectField label={t('keyLabel')} value={keyId} onChange={(event) => setKeyId(event.target.value)} error={error}><option value="">{t('chooseKey')}</option>{keys.map((key) => <option key={key.id} value={key.id}>{key.name} ({key.display})</option>)}</SelectField>}
        </div>
        <div><Button kind="danger" onClick={ask}>{t('erase')}</Button></div>
      </div>
      {isAsking && (
        <ConfirmDialog title={t('eraseConfirm', { name })} confirmText={t('erase')} busyText={t('erasing')} typeName={name} onConfirm={run} onClose={() => { setAsking(false); setSoFar(undefined); }}>
          <p>{t('eraseText')}</p>
          {soFar !== undefined && <p role="status">{t('eraseProgress', { looked: soFar.looked, erased: soFar.erased })}</p>}
        </ConfirmDialog>
      )}
    </Card>
  );
}
