import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { globMatches, MAX_STARS, starsIn } from '../../../../functions/contract/glob.ts';
import type { Pattern } from '../../../../functions/contract/routing.ts';
import { recentRequestsQuery } from '../../api/requests.ts';
import { rules } from '../../i18n/en/rules.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { SelectField, TextField } from '../../ui/fields.tsx';
import { X } from 'lucide-react';
import { Conditions } from './conditions.tsx';
import { faultOf, toCondition, toForm, type ConditionForm } from './condition-kinds.ts';
import { ordered, withOrder } from './changes.ts';
import { useEditor } from './editor.ts';
import { FormDialog } from './form-dialog.tsx';
import { TargetField } from './target-field.tsx';

const MOST_FALLBACKS = 8;

/** A rule's id from its name: what responses carry in `x-bsg-rule`. */
function idFor(name: string, glob: string, taken: ReadonlySet<string>): string {
  const stem = (name || glob).normalize('NFKD').toLowerCase().replace(/[^a-z0-9_]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 48) || 'rule';
  let id = stem;
  for (let at = 2; taken.has(id); at += 1) id = `${stem}-${at}`;
  return id;
}

export function PatternDialog({ rule, onClose }: { readonly rule: Pattern | undefined; readonly onClose: () => void }) {
  const t = useT(rules);
  const { document: { patterns }, change, models } = useEditor();
  const [name, setName] = useState(rule?.name ?? '');
  const [glob, setGlob] = useState(rule?.glob ?? '');
  const [conditions, setConditions] = useState<readonly ConditionForm[]>(() => rule?.conditions.map(toForm) ?? []);
  const [target, setTarget] = useState(rule?.target ?? '');
  const [fallbacks, setFallbacks] = useState<readonly string[]>(rule?.fallbacks ?? []);
  const [isJudged, setJudged] = useState(false);
  const [isTouched, setTouched] = useState(false);
  const touch = <V,>(set: (value: V) => void) => (value: V): void => { setTouched(true); set(value); };

  const globFault = (): string | undefined => {
    if (glob === '') return conditions.length === 0 ? t('ruleNeeds') : undefined;
    if (!/^[A-Za-z0-9._:/@*?-]{1,128}$/.test(glob)) return t('globLetters');
    return starsIn(glob) > MAX_STARS ? t('globStars', { count: MAX_STARS }) : undefined;
  };
  const faults = { glob: globFault(), target: target === '' ? t('targetNeeded') : undefined };
  const submit = (): void => {
    setJudged(true);
    if (faults.glob !== undefined || faults.target !== undefined || conditions.some((condition) => faultOf(condition) !== undefined)) return;
    const next: Pattern = {
      id: rule?.id ?? idFor(name, glob, new Set(patterns.map(({ id }) => id))), ...(name.trim() !== '' && { name: name.trim() }), priority: rule?.priority ?? 0,
      ...(glob !== '' && { glob }), conditions: conditions.map(toCondition), target, fallbacks: [...fallbacks], enabled: rule?.enabled ?? true,
    };
    // A new one comes last: it takes nothing from those that are there.
    change({ patterns: rule === undefined ? withOrder([...ordered(patterns), next]) : patterns.map((other) => (other === rule ? next : other)) });
    onClose();
  };
  const others = models.filter(({ id, enabled }) => enabled && !id.endsWith('*') && !fallbacks.includes(id) && target !== `model:${id}`);
  return (
    <FormDialog title={t(rule === undefined ? 'addRule' : 'editRule')} size="wide" isDirty={isTouched} onSubmit={submit} onClose={onClose}>
      <TextField label={t('ruleName')} isOptional autoFocus maxLength={128} value={name} onChange={(event) => touch(setName)(event.target.value)} hint={rule === undefined ? undefined : t('ruleId', { id: rule.id })} />
      <div>
        <TextField label={t('glob')} isOptional hint={t('globHint')} maxLength={128} spellCheck={false} autoComplete="off" value={glob} onChange={(event) => touch(setGlob)(event.target.value.trim())} onBlur={() => { if (glob !== '') setJudged(true); }} error={isJudged ? faults.glob : undefined} />
        {glob !== '' && globFault() === undefined && <Preview glob={glob} />}
      </div>
      <Conditions conditions={conditions} isJudged={isJudged} onChange={touch(setConditions)} />
      <TargetField value={target} onChange={touch(setTarget)} error={isJudged ? faults.target : undefined} />
      <fieldset className="turns"><legend className="turns__title">{t('fallbacks')}</legend>
        <p className="field__hint">{t('fallbacksHint')}</p>
        {fallbacks.length > 0 && <ol className="picked">{fallbacks.map((id, at) => <li key={id}><span className="number">{at + 1}</span><code className="trace__id">{id}</code><IconButton label={t('removeFallback', { name: id })} onClick={() => touch(setFallbacks)(fallbacks.filter((other) => other !== id))}><X aria-hidden size={16} /></IconButton></li>)}</ol>}
        {fallbacks.length < MOST_FALLBACKS && others.length > 0 && <AddModel label={t('addFallback')} ids={others.map(({ id }) => id)} onAdd={(id) => touch(setFallbacks)([...fallbacks, id])} />}
      </fieldset>
    </FormDialog>
  );
}

/** A choice that adds to a list. */
export function AddModel({ label, ids, onAdd }: { readonly label: string; readonly ids: readonly string[]; readonly onAdd: (id: string) => void }) {
  const t = useT(rules);
  const [chosen, setChosen] = useState('');
  return (
    <div className="add-model">
      <SelectField label={label} labelHidden value={chosen} onChange={(event) => setChosen(event.target.value)}><option value="">{label}</option>{ids.map((id) => <option key={id} value={id}>{id}</option>)}</SelectField>
      <Button type="button" disabled={chosen === ''} onClick={() => { onAdd(chosen); setChosen(''); }}>{t('add')}</Button>
    </div>
  );
}

/** Which names of the last requests the pattern would catch, and how many of them are settled before it. */
function Preview({ glob }: { readonly glob: string }) {
  const t = useT(rules);
  const { document: { aliases }, models } = useEditor();
  const recent = useQuery(recentRequestsQuery({ limit: 100 }, 60_000));
  if (recent.data === undefined) return null;
  const names = [...new Set(recent.data.items.map(({ requestedModel }) => requestedModel))].filter((name) => globMatches(glob, name));
  const settled = names.filter((name) => models.some(({ id, enabled }) => enabled && id === name) || aliases.some((alias) => alias.enabled && alias.name === name));
  return (
    <p className="trace__note" aria-live="polite">
      {names.length === 0 ? t('previewNone', { count: recent.data.items.length }) : t.rich('preview', { count: recent.data.items.length, names: <strong>{names.slice(0, 5).join(', ')}{names.length > 5 ? '…' : ''}</strong> })}
      {settled.length > 0 && <> {t('previewSettled', { count: settled.length, names: settled.slice(0, 5).join(', ') })}</>}
      {/^\*+$/.test(glob) && <> {t('previewAll')}</>}
    </p>
  );
}
