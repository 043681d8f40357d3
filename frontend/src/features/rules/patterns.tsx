import { GripVertical, Plus } from 'lucide-react';
import { useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { Pattern } from '../../../../functions/contract/routing.ts';
import { rangeOf } from '../../app/range.ts';
import { rules } from '../../i18n/en/rules.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { cx } from '../../ui/cx.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { SwitchField } from '../../ui/fields.tsx';
import { Menu } from '../../ui/menu.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { Count } from '../../ui/values.tsx';
import { useFormat } from '../../format/use-format.ts';
import { useConditionWords } from '../trace/condition-words.ts';
import { nameOf, ordered, withOrder } from './changes.ts';
import { useTargetWords } from './change-words.tsx';
import { useChangeWithUndo, useEditor } from './editor.ts';
import { PatternDialog } from './pattern-dialog.tsx';
import { Section } from './section.tsx';

export interface RuleUse { readonly requests: number; readonly lastAt: string | undefined }

/** The rules in the order they are tried; dragged by their handle, or moved with the arrow keys on it. */
export function PatternSection({ share, use, warned }: { readonly share: ReactNode; readonly use: ((ruleId: string) => RuleUse) | undefined; readonly warned: ReadonlySet<number> }) {
  const t = useT(rules);
  const { document, mayEdit } = useEditor();
  const changeWithUndo = useChangeWithUndo();
  const { rule: openId } = useSearch({ from: '/rules' });
  const navigate = useNavigate({ from: '/rules' });
  const [isNew, setNew] = useState(false);
  const list = useRef<HTMLOListElement>(null);
  const [dragged, setDragged] = useState<{ readonly id: string; readonly to: number }>();
  const [said, setSaid] = useState('');
  const shown = ordered(document.patterns);
  const open = shown.find(({ id }) => id === openId);
  const openRule = (id: string | undefined): void => { void navigate({ search: (search) => ({ ...search, rule: id }), replace: id === undefined }); };

  const move = (rule: Pattern, to: number): void => {
    const from = shown.indexOf(rule);
    if (to < 0 || to >= shown.length || to === from) return;
    changeWithUndo({ patterns: withOrder(shown.toSpliced(from, 1).toSpliced(to, 0, rule)) }, t('moved', { name: nameOf(rule), place: to + 1 }));
    setSaid(t('moved', { name: nameOf(rule), place: to + 1 }));
  };
  const keys = (event: KeyboardEvent, rule: Pattern): void => {
    const at = shown.indexOf(rule);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: shown.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    move(rule, to);
    const { id } = rule;
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(`[data-handle="${CSS.escape(id)}"]`)?.focus());
  };
  const drag = (event: PointerEvent<HTMLElement>, rule: Pattern): void => {
    if (event.button !== 0) return;
    event.preventDefault();
    const handle = event.currentTarget;
    handle.setPointerCapture(event.pointerId);
    const from = shown.indexOf(rule);
    let to = from;
    const follow = ({ clientY }: globalThis.PointerEvent): void => {
      const rows = [...list.current?.children ?? []].map((row) => row.getBoundingClientRect());
      // The place whose middle the pointer has passed, seen without the dragged row.
      to = rows.filter(({ top, height }, at) => at !== from && clientY > top + height / 2).length;
      setDragged({ id: rule.id, to });
    };
    const end = (isDone: boolean) => (): void => {
      handle.removeEventListener('pointermove', follow);
      setDragged(undefined);
      if (isDone) move(rule, to);
    };
    handle.addEventListener('pointermove', follow);
    handle.addEventListener('pointerup', end(true), { once: true });
    handle.addEventListener('pointercancel', end(false), { once: true });
  };
  useShortcut('c', () => { if (mayEdit) setNew(true); });
  const add = mayEdit && <Button small icon={<Plus aria-hidden size={15} />} onClick={() => setNew(true)}>{t('addRule')}</Button>;
  const from = dragged === undefined ? -1 : shown.findIndex(({ id }) => id === dragged.id);
  return (
    <Section tab="pattern" number={3} title={t('patternTitle')} description={t('patternText')} share={share} actions={shown.length > 0 && add}>
      {shown.length === 0 ? <EmptyState title={t('patternEmpty')} action={add}>{t('patternEmptyText')}</EmptyState> : (
        <ol className="rules" ref={list} aria-label={t('patternTitle')}>
          {shown.map((rule, at) => (
            <li key={rule.id} className={cx('rules__one', dragged?.id === rule.id && 'rules__one--dragged', dragged !== undefined && at !== from && at === dragged.to && (dragged.to > from ? 'rules__one--after' : 'rules__one--before'))}>
              <span className="rules__place">
                {mayEdit && <button type="button" className="rules__handle" data-handle={rule.id} aria-label={t('handle', { name: nameOf(rule), place: at + 1 })} title={t('handleHint')} onPointerDown={(event) => drag(event, rule)} onKeyDown={(event) => keys(event, rule)}><GripVertical aria-hidden size={16} /></button>}
                <span className="number">{at + 1}</span>
              </span>
              <RuleText rule={rule} isWarned={warned.has(document.patterns.indexOf(rule))} onOpen={() => openRule(rule.id)} />
              <RuleNumbers rule={rule} use={use} />
              <span className="rules__tools">
                {mayEdit ? (
                  <>
                    <SwitchField label={t('activeOf', { name: nameOf(rule) })} isLabelHidden isChecked={rule.enabled} onChange={(enabled) => changeWithUndo({ patterns: document.patterns.map((other) => (other === rule ? { ...rule, enabled } : other)) }, t(enabled ? 'willBeOn' : 'willBeOff', { name: nameOf(rule) }))} />
                    <Menu label={t('actionsOf', { name: nameOf(rule) })} items={[
                      { id: 'edit', text: t('edit'), onChoose: () => openRule(rule.id) },
                      ...(at > 0 ? [{ id: 'up', text: t('up'), onChoose: () => move(rule, at - 1) }] : []),
                      ...(at < shown.length - 1 ? [{ id: 'down', text: t('down'), onChoose: () => move(rule, at + 1) }] : []),
                      { id: 'remove', text: t('remove'), isDanger: true, onChoose: () => changeWithUndo({ patterns: document.patterns.filter((other) => other !== rule) }, t('willBeRemoved', { name: nameOf(rule) })) },
                    ]} />
                  </>
                ) : <Badge tone={rule.enabled ? 'good' : 'neutral'}>{t(rule.enabled ? 'on' : 'off')}</Badge>}
              </span>
            </li>
          ))}
        </ol>
      )}
      <p className="off-screen" aria-live="polite">{said}</p>
      {isNew && <PatternDialog rule={undefined} onClose={() => setNew(false)} />}
      {mayEdit && open !== undefined && <PatternDialog key={open.id} rule={open} onClose={() => openRule(undefined)} />}
    </Section>
  );
}

function RuleText({ rule, isWarned, onOpen }: { readonly rule: Pattern; readonly isWarned: boolean; readonly onOpen: () => void }) {
  const t = useT(rules);
  const f = useFormat();
  const targetWords = useTargetWords();
  const conditionWords = useConditionWords();
  const { live, mayEdit } = useEditor();
  const saved = live.document.patterns.find(({ id }) => id === rule.id);
  const isChanged = saved === undefined || JSON.stringify({ ...saved, priority: 0 }) !== JSON.stringify({ ...rule, priority: 0 });
  const when = [...(rule.glob === undefined ? [] : [t('whenGlob', { glob: rule.glob })]), ...rule.conditions.map(conditionWords)];
  return (
    <div className="rules__text">
      <p className="row">{mayEdit ? <button type="button" className="link-button rules__name" onClick={onOpen}>{nameOf(rule)}</button> : <span className="rules__name">{nameOf(rule)}</span>}{isChanged && <Badge tone="warn">{t(saved === undefined ? 'badgeNew' : 'badgeChanged')}</Badge>}{isWarned && <Badge tone="warn">{t('badgeWarning')}</Badge>}</p>
      <p className="muted">{t('when', { conditions: f.list(when) })}</p>
      <p>{t.rich('goesOn', { target: <strong>{targetWords(rule.target)}</strong> })}{rule.fallbacks.length > 0 && <span className="muted"> · {t('thenFallbacks', { models: rule.fallbacks.join(', ') })}</span>}</p>
    </div>
  );
}

function RuleNumbers({ rule, use }: { readonly rule: Pattern; readonly use: ((ruleId: string) => RuleUse) | undefined }) {
  const t = useT(rules);
  const f = useFormat();
  const search = useSearch({ from: '/rules' });
  if (use === undefined) return <span className="rules__numbers" />;
  const { requests, lastAt } = use(rule.id);
  const hits = t.rich('hits', { count: requests, requests: <Count value={requests} /> });
  return <p className="rules__numbers muted">{requests === 0 ? hits : <Link to="/audit" search={{ ...rangeOf(search), rule: [rule.id] }}>{hits}</Link>}{lastAt !== undefined && <><br />{t('lastMatched', { day: f.dateTime(lastAt, 'day', 'UTC') })}</>}</p>;
}
