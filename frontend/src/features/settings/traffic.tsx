import { useQuery } from '@tanstack/react-query';
import { CirclePause } from 'lucide-react';
import { useState } from 'react';
import { useSaveSettings } from '../../api/settings.ts';
import type { Settings, SettingsAnswer } from '../../api/types.ts';
import { usageQuery } from '../../api/usage.ts';
import { config } from '../../app/config.ts';
import { settings } from '../../i18n/en/settings.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { SwitchField } from '../../ui/fields.tsx';
import { toast } from '../../ui/toast.tsx';

/** What must be possible in one action when something goes wrong: stop everything, or take no risk. */
export function Traffic({ current, onSaved }: { readonly current: SettingsAnswer; readonly onSaved: (saved: SettingsAnswer) => void }) {
  const t = useT(settings);
  const errorText = useErrorText();
  const save = useSaveSettings();
  const [isAsking, setAsking] = useState(false);
  const set = async (from: SettingsAnswer, change: Partial<Settings>): Promise<SettingsAnswer> => {
    const { version, ...body } = from;
    const { data } = await save.mutateAsync({ version, body: { ...body, ...change } });
    onSaved(data);
    return data;
  };
  const tell = (error: unknown): void => toast({ kind: 'error', text: errorText(error) });
  const resume = (): void => { set(current, { paused: false }).then(() => toast({ text: t('resumed') }), tell); };
  const setStrongest = (alwaysStrongest: boolean): void => {
    set(current, { alwaysStrongest }).then((saved) => toast({ text: alwaysStrongest ? t('strongestOn') : t('strongestOff'), onUndo: () => { set(saved, { alwaysStrongest: !alwaysStrongest }).catch(tell); } }), tell);
  };
  return (
    <Card title={t('traffic')}>
      <div className="stack">
        {current.paused
          ? <Alert kind="warning" title={t('paused')}><div className="stack"><p>{t('pausedText')}</p><div><Button kind="primary" busy={save.isPending} onClick={resume}>{t('resume')}</Button></div></div></Alert>
          : <div className="settings__action"><div><p className="settings__name">{t('pause')}</p><p className="muted">{t('pauseText')}</p></div><Button kind="danger" icon={<CirclePause aria-hidden size={16} />} onClick={() => setAsking(true)}>{t('pause')}</Button></div>}
        <div className="settings__action"><div><SwitchField label={t('strongest')} isChecked={current.alwaysStrongest} isDisabled={save.isPending} onChange={setStrongest} /><p className="muted">{t('strongestText')}</p></div></div>
      </div>
      {isAsking && <Pause onClose={() => setAsking(false)} onConfirm={() => set(current, { paused: true })} />}
    </Card>
  );
}

function Pause({ onConfirm, onClose }: { readonly onConfirm: () => Promise<unknown>; readonly onClose: () => void }) {
  const t = useT(settings);
  const { data } = useQuery(usageQuery({ range: '1h' }, {}));
  return (
    <ConfirmDialog title={t('pauseTitle')} confirmText={t('pause')} busyText={t('pausing')} onConfirm={onConfirm} onClose={onClose}>
      <p>{data === undefined ? t('pauseText') : t('pauseCount', { count: data.totals.requests })}</p>
      {config().edition === 'aws' && <p>{t('pauseSoon')}</p>}
    </ConfirmDialog>
  );
}
