import { ArrowDown, ArrowUp, X } from 'lucide-react';
import { useId, useState, type ReactNode } from 'react';
import { boundariesOf } from '../../../../functions/contract/boundaries.ts';
import type { Auto } from '../../../../functions/contract/routing.ts';
import type { ModelView } from '../../api/types.ts';
import { useFormat } from '../../format/use-format.ts';
import { rules } from '../../i18n/en/rules.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Alert } from '../../ui/alert.tsx';
import { Badge, TIERS, tierColor, useTierName, type Tier } from '../../ui/badge.tsx';
import { IconButton } from '../../ui/button.tsx';
import { RadioGroupField, SelectField, SwitchField, TextField } from '../../ui/fields.tsx';
import { useStrategyName } from '../trace/names.ts';
import { BoundaryRuler } from './boundary-ruler.tsx';
import { useEditor } from './editor.ts';
import { AddModel } from './pattern-dialog.tsx';
import { Section } from './section.tsx';

const STRATEGIES = ['ml', 'static', 'llm'] as const;
const MODES = ['balanced', 'cautious', 'aggressive'] as const;

export function AutomaticSection({ share, shares }: { readonly share: ReactNode; readonly shares: ReadonlyMap<string, number> | undefined }) {
  const t = useT(rules);
  return (
    <Section tab="auto" number={4} title={t('autoTitle')} description={t('autoText')} share={share}>
      <div className="auto">
        <Tiers shares={shares} />
        <Boundaries />
        <Choices />
      </div>
    </Section>
  );
}

function useAuto(): { auto: Auto; set: (next: Partial<Auto>) => void; mayEdit: boolean; models: readonly ModelView[] } {
  const { document, change, mayEdit, models } = useEditor();
  return { auto: document.auto, set: (next) => change({ auto: { ...document.auto, ...next } }), mayEdit, models };
}

/** What a model costs to compare with: a thousand tokens in, five hundred out. */
const priceOf = (model: ModelView | undefined): number | undefined => (model?.price ? model.price.input + model.price.output / 2 : undefined);

function Tiers({ shares }: { readonly shares: ReadonlyMap<string, number> | undefined }) {
  const t = useT(rules);
  const tierName = useTierName();
  const { auto, models } = useAuto();
  const cost = (tier: Tier): number | undefined => priceOf(models.find(({ id }) => id === auto.tiers[tier][0]));
  const reversed = TIERS.flatMap((tier, at) => TIERS.slice(0, at).filter((lower) => (cost(tier) ?? Infinity) < (cost(lower) ?? 0)).map((lower) => ({ tier, lower })))[0];
  const isEmpty = TIERS.every((tier) => auto.tiers[tier].length === 0);
  return (
    <div className="stack">
      <h3 className="trace__title">{t('tiers')}</h3>
      <p className="muted">{t('tiersText')}</p>
      {isEmpty && <Alert kind="warning">{t('tiersEmpty')}</Alert>}
      {reversed !== undefined && <Alert kind="warning">{t('tiersReversed', { tier: tierName(reversed.tier), lower: tierName(reversed.lower) })}</Alert>}
      <div className="tiers">{TIERS.map((tier) => <OneTier key={tier} tier={tier} share={shares === undefined ? undefined : shares.get(tier) ?? 0} />)}</div>
    </div>
  );
}

function OneTier({ tier, share }: { readonly tier: Tier; readonly share: number | undefined }) {
  const t = useT(rules);
  const f = useFormat();
  const id = useId();
  const tierName = useTierName();
  const { auto, set, mayEdit, models } = useAuto();
  const list = auto.tiers[tier];
  const setList = (next: readonly string[]): void => set({ tiers: { ...auto.tiers, [tier]: [...next] } });
  const swap = (at: number, to: number): void => {
    const next = [...list];
    const [moved] = next.splice(at, 1);
    if (moved !== undefined) setList(next.toSpliced(to, 0, moved));
  };
  const [from, to] = ((): readonly [number, number] => {
    const [moderate, complex] = boundariesOf(auto);
    return tier === 'simple' ? [0, Math.ceil(moderate) - 1] : tier === 'moderate' ? [Math.ceil(moderate), Math.ceil(complex) - 1] : [Math.ceil(complex), 100];
  })();
  return (
    <section className="tier" aria-labelledby={id}>
      <h4 id={id} className="tier__name"><span className="badge__dot" style={{ background: tierColor(tier) }} />{tierName(tier)} <span className="muted number">{to < from ? t('zoneNone') : t('zone', { from: Math.max(0, from), to: Math.min(100, to) })}</span></h4>
      {share !== undefined && <p className="muted">{t('tierShare', { share: f.percent(share) })}</p>}
      {list.length === 0 && <p className="muted">{t(tier === 'complex' ? 'tierEmptyTop' : 'tierEmpty')}</p>}
      <ol className="picked">
        {list.map((name, at) => (
          <li key={name}>
            <span className="number">{at + 1}</span>
            <span className="picked__text"><code className="trace__id">{name}</code><ModelFacts model={models.find((model) => model.id === name)} /></span>
            {mayEdit && (
              <span className="turn__tools">
                {list.length > 1 && <><IconButton label={t('modelUp', { name })} disabled={at === 0} onClick={() => swap(at, at - 1)}><ArrowUp aria-hidden size={15} /></IconButton><IconButton label={t('modelDown', { name })} disabled={at === list.length - 1} onClick={() => swap(at, at + 1)}><ArrowDown aria-hidden size={15} /></IconButton></>}
                <IconButton label={t('modelRemove', { name, tier: tierName(tier) })} onClick={() => setList(list.filter((other) => other !== name))}><X aria-hidden size={15} /></IconButton>
              </span>
            )}
          </li>
        ))}
      </ol>
      {mayEdit && <AddModel label={t('addModel')} ids={models.filter((model) => model.enabled && !model.id.endsWith('*') && !list.includes(model.id)).map((model) => model.id)} onAdd={(name) => setList([...list, name])} />}
    </section>
  );
}

function ModelFacts({ model }: { readonly model: ModelView | undefined }) {
  const t = useT(rules);
  const f = useFormat();
  if (model === undefined) return <Badge tone="bad">{t('modelGone')}</Badge>;
  const window = model.effective.facts.contextWindow;
  const parts = [model.price ? t('modelPrice', { input: f.money(model.price.input * 1e6), output: f.money(model.price.output * 1e6) }) : model.effective.priced ? '' : t('modelUnpriced'), window === undefined ? '' : t('modelWindow', { tokens: f.count(window) })].filter((part) => part !== '');
  return <span className="picked__facts">{!model.enabled && <Badge tone="warn">{t('modelOff')}</Badge>} {parts.join(' · ')}</span>;
}

function Boundaries() {
  const t = useT(rules);
  const tierName = useTierName();
  const { auto, set, mayEdit } = useAuto();
  const boundaries = boundariesOf(auto);
  const isDial = auto.boundaries === null;
  const choose = (way: string): void => set(way === 'dial' ? { boundaries: null, dial: auto.dial ?? 50 } : { boundaries: [Math.round(Math.max(0, boundaries[0])), Math.round(boundaries[1])], dial: null });
  const setBoundaries = (next: readonly [number, number]): void => set({ boundaries: [next[0], next[1]], dial: null });
  const field = (at: 0 | 1): ReactNode => <BoundaryField key={`${at}:${boundaries[at]}`} label={t('boundaryOf', { tier: tierName(TIERS[at + 1] ?? null) })} value={boundaries[at]} least={at === 0 ? 0 : boundaries[0] + 1} most={at === 0 ? boundaries[1] - 1 : 100} onChange={(value) => setBoundaries(at === 0 ? [value, boundaries[1]] : [boundaries[0], value])} />;
  return (
    <div className="stack">
      <h3 className="trace__title">{t('boundaries')}</h3>
      <p className="muted">{t('boundariesText')}</p>
      <BoundaryRuler boundaries={boundaries} onChange={mayEdit ? setBoundaries : undefined} />
      {mayEdit && <RadioGroupField label={t('boundariesWay')} name="boundaries" value={isDial ? 'dial' : 'own'} onChange={choose} options={[{ value: 'dial', label: t('wayDial') }, { value: 'own', label: t('wayOwn') }]} />}
      {isDial ? (
        <div className="dial">
          <label htmlFor="dial" className="turns__title">{t('dial', { value: auto.dial ?? 50 })}</label>
          <input id="dial" type="range" min={0} max={100} step={1} value={auto.dial ?? 50} disabled={!mayEdit} aria-valuetext={t('dialValue', { value: auto.dial ?? 50, moderate: Math.ceil(boundaries[0]), complex: Math.ceil(boundaries[1]) })} onChange={(event) => set({ dial: Number(event.target.value), boundaries: null })} />
          <p className="dial__ends muted" aria-hidden><span>{t('dialCost')}</span><span>{t('dialQuality')}</span></p>
        </div>
      ) : mayEdit && <div className="pair">{field(0)}{field(1)}</div>}
    </div>
  );
}

/** A number that counts once it can: what is half typed changes nothing. */
function BoundaryField({ label, value, least, most, onChange }: { readonly label: string; readonly value: number; readonly least: number; readonly most: number; readonly onChange: (value: number) => void }) {
  const t = useT(rules);
  const [text, setText] = useState(String(value));
  const number = Number(text);
  const isGood = text.trim() !== '' && Number.isFinite(number) && number >= least && number <= most;
  return <TextField label={label} type="number" min={least} max={most} step={1} value={text} onChange={(event) => setText(event.target.value)} onBlur={() => { if (isGood && number !== value) onChange(number); }} error={isGood ? undefined : t('boundaryRange', { least, most })} />;
}

function Choices() {
  const t = useT(rules);
  const f = useFormat();
  const tierName = useTierName();
  const strategyName = useStrategyName();
  const { auto, set, mayEdit, models } = useAuto();
  const isJudged = auto.strategy === 'llm' || auto.shadow.enabled || auto.judgeModel !== null;
  if (!mayEdit) {
    return (
      <dl className="facts">
        <div><dt>{t('field_strategy')}</dt><dd>{strategyName(auto.strategy)}</dd></div>
        <div><dt>{t('field_mode')}</dt><dd>{t(`mode_${auto.mode}`)}</dd></div>
        <div><dt>{t('field_agentFloor')}</dt><dd>{auto.agentFloor === null ? t('none') : tierName(auto.agentFloor)}</dd></div>
        <div><dt>{t('field_qualityTarget')}</dt><dd>{f.percentage(auto.qualityTarget)}</dd></div>
        <div><dt>{t('field_judgeModel')}</dt><dd>{auto.judgeModel ?? t('none')}</dd></div>
      </dl>
    );
  }
  return (
    <div className="stack">
      <h3 className="trace__title">{t('howDecided')}</h3>
      <RadioGroupField label={t('field_strategy')} name="strategy" value={auto.strategy} onChange={(value) => set({ strategy: value as Auto['strategy'] })} options={STRATEGIES.map((value) => ({ value, label: <><strong>{strategyName(value)}</strong> <span className="muted">{t(`strategyText_${value}`)}</span></> }))} />
      {auto.strategy === 'ml' && <RadioGroupField label={t('field_mode')} name="mode" value={auto.mode} onChange={(value) => set({ mode: value as Auto['mode'] })} options={MODES.map((value) => ({ value, label: <><strong>{t(`mode_${value}`)}</strong> <span className="muted">{t(`modeText_${value}`)}</span></> }))} />}
      <div className="pair">
        <SelectField label={t('field_agentFloor')} hint={t('agentFloorHint')} value={auto.agentFloor ?? ''} onChange={(event) => set({ agentFloor: event.target.value === '' ? null : event.target.value as Tier })}>
          <option value="">{t('none')}</option>{TIERS.map((tier) => <option key={tier} value={tier}>{tierName(tier)}</option>)}
        </SelectField>
        {auto.strategy === 'ml' && <QualityField value={auto.qualityTarget} onChange={(qualityTarget) => set({ qualityTarget })} />}
      </div>
      <details className="tried" open={isJudged}>
        <summary>{t('judgeMore')}</summary>
        <div className="stack">
          <p className="muted">{t('judgeText')}</p>
          <SelectField label={t('field_judgeModel')} value={auto.judgeModel ?? ''} onChange={(event) => set({ judgeModel: event.target.value === '' ? null : event.target.value })} error={auto.strategy === 'llm' && auto.judgeModel === null ? t('judgeNeeded') : undefined}>
            <option value="">{t('none')}</option>{models.filter(({ id, enabled }) => enabled && !id.endsWith('*')).map(({ id }) => <option key={id} value={id}>{id}</option>)}
          </SelectField>
          <SwitchField label={t('shadow')} isChecked={auto.shadow.enabled} onChange={(enabled) => set({ shadow: { ...auto.shadow, enabled } })} />
          {auto.shadow.enabled && <ShadowCap value={auto.shadow.dailyUsd} onChange={(dailyUsd) => set({ shadow: { ...auto.shadow, dailyUsd } })} />}
        </div>
      </details>
    </div>
  );
}

function QualityField({ value, onChange }: { readonly value: number; readonly onChange: (value: number) => void }) {
  const t = useT(rules);
  const [text, setText] = useState(String(Math.round(value * 1_000) / 10));
  const number = Number(text);
  const isGood = text.trim() !== '' && number >= 50 && number <= 100;
  return <TextField label={t('field_qualityTarget')} hint={t('qualityHint')} type="number" min={50} max={100} step={0.5} value={text} onChange={(event) => setText(event.target.value)} onBlur={() => { if (isGood && number / 100 !== value) onChange(Math.round(number * 10) / 1_000); }} error={isGood ? undefined : t('boundaryRange', { least: 50, most: 100 })} />;
}

function ShadowCap({ value, onChange }: { readonly value: number; readonly onChange: (value: number) => void }) {
  const t = useT(rules);
  const [text, setText] = useState(String(value));
  const number = Number(text);
  const isGood = text.trim() !== '' && Number.isFinite(number) && number >= 0;
  return <TextField label={t('shadowCap')} hint={t('shadowHint')} type="number" min={0} step={0.1} value={text} onChange={(event) => setText(event.target.value)} onBlur={() => { if (isGood && number !== value) onChange(number); }} error={isGood ? undefined : t('needsNumber')} />;
}
