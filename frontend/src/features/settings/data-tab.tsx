import { useState } from 'react';
import { readConfig, usePutConfig } from '../../api/data.ts';
import { saveFile } from '../../api/download.ts';
import { ApiError } from '../../api/errors.ts';
import { useMay } from '../../api/me.ts';
import type { ConfigPutAnswer } from '../../api/types.ts';
import { settings } from '../../i18n/en/settings.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Alert } from '../../ui/alert.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { TextAreaField } from '../../ui/fields.tsx';
import { toast } from '../../ui/toast.tsx';
import { Erase } from './erase.tsx';

export function DataTab() {
  const t = useT(settings);
  const isOwner = useMay('owner');
  return <><Export /><Import />{isOwner ? <Erase /> : <Card title={t('eraseTitle')}><p className="muted">{t('ownerOnly')}</p></Card>}</>;
}

function Export() {
  const t = useT(settings);
  const errorText = useErrorText();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const run = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      saveFile(new Blob([JSON.stringify(await readConfig(), null, 2), '\n'], { type: 'application/json' }), `bsgateway-config_${new Date().toISOString().slice(0, 10)}.json`);
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };
  return (
    <Card title={t('exportTitle')}>
      <div className="stack">{error !== undefined && <Alert kind="error">{errorText(error)}</Alert>}<p className="muted">{t.rich('exportText', { command: <code className="settings__command">npm start -- --config FILE</code> })}</p><div><Button busy={isBusy} busyText={t('preparing')} onClick={() => { void run(); }}>{t('download')}</Button></div></div>
    </Card>
  );
}

/** First what would change, then the change: both by the same code of the API. */
function Import() {
  const t = useT(settings);
  const errorText = useErrorText();
  const put = usePutConfig();
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const [plan, setPlan] = useState<{ readonly body: unknown; readonly answer: ConfigPutAnswer }>();
  const change = (next: string): void => {
    setText(next);
    setPlan(undefined);
    setProblem(undefined);
  };
  const send = async (body: unknown, isDryRun: boolean): Promise<void> => {
    setProblem(undefined);
    try {
      const { data } = await put.mutateAsync({ body, isDryRun });
      if (isDryRun) return setPlan({ body, answer: data });
      toast({ text: t('importDone', { count: data.changed.length }) });
      return change('');
    } catch (error) {
      return setProblem(error instanceof ApiError && error.field !== undefined ? t('importAt', { pointer: error.field, message: errorText(error) }) : errorText(error));
    }
  };
  const check = (): void => {
    if (text.trim() === '') return setProblem(t('needed'));
    try {
      void send(JSON.parse(text) as unknown, true);
    } catch (error) {
      setProblem(t('notJson', { problem: error instanceof Error ? error.message : '' }));
    }
    return undefined;
  };
  return (
    <Card title={t('importTitle')}>
      <div className="stack">
        <p className="muted">{t('importText')}</p>
        <label className="settings__file"><span>{t('file')}</span><input type="file" accept=".json,application/json" onChange={(event) => { void event.target.files?.[0]?.text().then(change); }} /></label>
        <TextAreaField label={t('paste')} rows={5} spellCheck={false} value={text} onChange={(event) => change(event.target.value)} error={problem} />
        {plan !== undefined && <Plan answer={plan.answer} />}
        <div className="row">
          <Button busy={put.isPending && plan === undefined} busyText={t('checking')} onClick={check}>{t('check')}</Button>
          {plan !== undefined && plan.answer.changed.length > 0 && <Button kind="primary" busy={put.isPending} busyText={t('applying')} onClick={() => { void send(plan.body, false); }}>{t('apply')}</Button>}
        </div>
      </div>
    </Card>
  );
}

function Plan({ answer: { changed, warnings } }: { readonly answer: ConfigPutAnswer }) {
  const t = useT(settings);
  const nameOf = ({ type, id }: ConfigPutAnswer['changed'][number]): string => (type === 'model' ? t('kindModel', { id }) : type === 'key' ? t('kindKey', { id }) : type === 'routing' ? t('kindRouting') : t('kindSettings'));
  return (
    <div className="stack" role="status">
      {changed.length === 0 ? <Alert kind="info">{t('importNothing')}</Alert> : (
        <div className="stack"><p className="settings__person">{t('importChanges', { count: changed.length })}</p><ul className="settings__plan">{changed.map((one) => <li key={`${one.type} ${one.id}`}><span>{nameOf(one)}</span><Badge tone={one.action === 'created' ? 'good' : 'neutral'}>{one.action === 'created' ? t('created') : t('updated')}</Badge></li>)}</ul></div>
      )}
      {warnings.map(({ pointer, message }) => <Alert key={`${pointer} ${message}`} kind="warning">{t('importAt', { pointer, message })}</Alert>)}
    </div>
  );
}
