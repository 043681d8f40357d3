import { useQuery } from '@tanstack/react-query';
import { Play } from 'lucide-react';
import { useId, useRef, useState, type KeyboardEvent } from 'react';
import { ApiError } from '../../api/errors.ts';
import { keysQuery } from '../../api/keys.ts';
import { modelsQuery } from '../../api/models.ts';
import { routingQuery, useExplain } from '../../api/routing.ts';
import { routingTest } from '../../i18n/en/routing-test.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ErrorCard, useErrorText } from '../../ui/error-card.tsx';
import { SelectField, TextAreaField, TextField } from '../../ui/fields.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { useDraft } from '../rules/draft.ts';
import { EXAMPLE_NAMES, EXAMPLES } from './examples.ts';
import { jsonFault, type JsonFault } from './json-fault.ts';
import { Messages } from './messages.tsx';
import { bodyOf, dialectOf, DIALECTS, type Dialect, type Message } from './request.ts';
import { addRun, type Run } from './runs.ts';

/** What a logged request leaves for trying again: everything but its text. */
export interface Prefill { readonly model: string; readonly dialect: Dialect | undefined; readonly keyId: string; readonly tools: number }

const MOST_BYTES = 1_000_000;
const DIALECT_NAMES = { 'openai-chat': 'dialectChat', 'openai-responses': 'dialectResponses', 'anthropic-messages': 'dialectMessages' } as const;

type Faults = Partial<Record<'model' | 'messages' | 'tools' | 'json', string>>;

export function RequestForm({ prefill, wantsDraft, onRun }: { readonly prefill: Prefill | undefined; readonly wantsDraft: boolean; readonly onRun: (run: Run) => void }) {
  const t = useT(routingTest);
  const errorText = useErrorText();
  const id = useId();
  const explain = useExplain();
  const models = useQuery(modelsQuery);
  const keys = useQuery(keysQuery);
  const routing = useQuery(routingQuery);
  const draft = useDraft();
  const [tab, setTab] = useState<'form' | 'json'>('form');
  const [model, setModel] = useState(prefill?.model ?? 'auto');
  const [system, setSystem] = useState('');
  const [messages, setMessages] = useState<readonly Message[]>([{ id: 1, role: 'user', text: '' }]);
  const [tools, setTools] = useState(String(prefill?.tools ?? 0));
  const [json, setJson] = useState('');
  const [dialect, setDialect] = useState<Dialect | 'auto'>(prefill?.dialect ?? 'auto');
  const [keyId, setKeyId] = useState(prefill?.keyId ?? '');
  const [rules, setRules] = useState<'live' | 'draft'>(wantsDraft ? 'draft' : 'live');
  const [faults, setFaults] = useState<Faults>({});
  const [fault, setFault] = useState<JsonFault>();
  const jsonField = useRef<HTMLTextAreaElement>(null);

  const formBody = (): Record<string, unknown> => bodyOf({ model: model.trim(), system, messages, tools: Number(tools) }, dialect === 'auto' ? 'openai-chat' : dialect);
  const parsed = (): Record<string, unknown> | undefined => {
    try {
      const value: unknown = JSON.parse(json);
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined;
    } catch {
      return undefined;
    }
  };
  const told = tab === 'json' ? dialectOf(parsed() ?? {}) : 'openai-chat';

  const check = (): { body: Record<string, unknown> } | { faults: Faults; at?: JsonFault | undefined } => {
    if (tab === 'form') {
      const found: Faults = {
        ...(model.trim() === '' && { model: t('needsModel') }), ...(messages.every(({ text }) => text.trim() === '') && { messages: t('needsMessage') }),
        ...(!(/^\d{1,3}$/.test(tools) && Number(tools) <= 100) && { tools: t('toolsRange') }),
      };
      return Object.keys(found).length === 0 ? { body: formBody() } : { faults: found };
    }
    if (new Blob([json]).size > MOST_BYTES) return { faults: { json: t('tooLarge') } };
    const at = jsonFault(json);
    if (at !== undefined) return { faults: { json: t('jsonBroken', { line: at.line, column: at.column }) }, at };
    const body = parsed();
    if (body === undefined) return { faults: { json: t('jsonObject') } };
    return typeof body['model'] === 'string' && body['model'] !== '' ? { body } : { faults: { json: t('jsonModel') } };
  };

  const run = (): void => {
    if (explain.isPending) return;
    const checked = check();
    setFaults('faults' in checked ? checked.faults : {});
    setFault('faults' in checked ? checked.at : undefined);
    if ('faults' in checked) return void requestAnimationFrame(() => document.querySelector<HTMLElement>(`#${CSS.escape(id)} [aria-invalid=true]`)?.focus());
    const { body } = checked;
    const used = dialect === 'auto' ? told : dialect;
    const under = rules === 'draft' ? draft?.document : undefined;
    explain.mutate({ request: body, dialect: used, ...(keyId !== '' && { keyId }), ...(under !== undefined && { draft: under }) }, {
      onSuccess: ({ data }) => onRun(addRun({ body, dialect: used, keyName: keys.data?.find((key) => key.id === keyId)?.name ?? null, draft: under, answer: data })),
    });
  };
  const keyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    run();
  };
  const goToFault = (): void => {
    const field = jsonField.current;
    if (field === null || fault === undefined) return;
    const at = json.split('\n').slice(0, fault.line - 1).reduce((sum, line) => sum + line.length + 1, 0) + fault.column - 1;
    field.focus();
    field.setSelectionRange(at, Math.min(json.length, at + 1));
  };
  const { error } = explain;
  // What can be chosen; the test itself works without.
  const failed = [models, keys, routing].filter((query) => query.error !== null && query.data === undefined && !query.isFetching);
  return (
    <Card title={t('request')} className="request">
      {/* One shortcut for all of its fields. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <form id={id} className="stack" noValidate onSubmit={(event) => { event.preventDefault(); run(); }} onKeyDown={keyDown}>
        {error !== null && <Alert kind="error" title={t('refused')}>{error instanceof ApiError && error.field !== undefined ? t('refusedAt', { field: error.field, message: errorText(error) }) : errorText(error)}</Alert>}
        {failed.length > 0 && <ErrorCard error={failed[0]?.error} onRetry={() => { for (const query of failed) void query.refetch(); }} />}
        <Tabs label={t('write')} idPrefix={`${id}-write`} tabs={[{ id: 'form', name: t('form') }, { id: 'json', name: t('json') }]} chosen={tab} onChoose={(next) => { setTab(next === 'json' ? 'json' : 'form'); setFaults({}); setFault(undefined); if (next === 'json' && json === '') setJson(JSON.stringify(formBody(), null, 2)); }}>
          {tab === 'form' ? (
            <div className="stack">
              <TextField label={t('model')} hint={t('modelHint')} value={model} list={`${id}-models`} autoComplete="off" spellCheck={false} onChange={(event) => setModel(event.target.value)} error={faults.model} />
              <datalist id={`${id}-models`}>{['auto', ...models.data?.filter(({ enabled }) => enabled).map((one) => one.id) ?? [], ...routing.data?.document.aliases.map(({ name }) => name) ?? []].map((name) => <option key={name} value={name} />)}</datalist>
              <TextAreaField label={t('system')} isOptional rows={2} value={system} onChange={(event) => setSystem(event.target.value)} />
              <fieldset className="turns"><legend className="turns__title">{t('messages')}</legend><Messages messages={messages} onChange={setMessages} error={faults.messages} /></fieldset>
              <div className="row">
                <span className="muted">{t('examples')}</span>
                {EXAMPLE_NAMES.map((name) => <Button key={name} small type="button" onClick={() => { setMessages([{ id: 1, role: 'user', text: EXAMPLES[name] }]); setFaults({}); }}>{t(name)}</Button>)}
              </div>
            </div>
          ) : (
            <div className="stack">
              <TextAreaField ref={jsonField} label={t('jsonLabel')} hint={t('jsonHint')} rows={16} spellCheck={false} value={json} onChange={(event) => { setJson(event.target.value); setFaults({}); setFault(undefined); }} error={faults.json} />
              <div className="row">
                {fault !== undefined && <Button small type="button" onClick={goToFault}>{t('goToFault')}</Button>}
                <Button small type="button" onClick={() => { setJson(JSON.stringify(formBody(), null, 2)); setFaults({}); setFault(undefined); }}>{t('fromForm')}</Button>
              </div>
            </div>
          )}
        </Tabs>
        <div className="request__more">
          {tab === 'form' && <TextField label={t('tools')} type="number" min={0} max={100} step={1} value={tools} onChange={(event) => setTools(event.target.value)} error={faults.tools} />}
          <SelectField label={t('dialect')} value={dialect} onChange={(event) => setDialect(event.target.value as Dialect | 'auto')}>
            <option value="auto">{t('dialectAuto', { name: t(DIALECT_NAMES[told]) })}</option>
            {DIALECTS.map((name) => <option key={name} value={name}>{t(DIALECT_NAMES[name])}</option>)}
          </SelectField>
          <SelectField label={t('key')} hint={t('keyHint')} value={keyId} onChange={(event) => setKeyId(event.target.value)}>
            <option value="">{t('keyNone')}</option>
            {keys.data?.map((key) => <option key={key.id} value={key.id}>{key.name}</option>)}
          </SelectField>
          {draft !== undefined && <SelectField label={t('rules')} hint={t('rulesHint')} value={rules} onChange={(event) => setRules(event.target.value === 'draft' ? 'draft' : 'live')}><option value="live">{t('rulesLive')}</option><option value="draft">{t('rulesDraft')}</option></SelectField>}
        </div>
        <div className="row"><Button kind="primary" type="submit" icon={<Play aria-hidden size={15} />} busy={explain.isPending} busyText={t('running')}>{t('run')} <kbd aria-hidden>{navigator.platform.startsWith('Mac') ? '⌘↵' : 'Ctrl ↵'}</kbd></Button></div>
      </form>
    </Card>
  );
}
