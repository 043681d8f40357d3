import type { Auto, Condition } from '../../../../functions/contract/routing.ts';
import { useFormat } from '../../format/use-format.ts';
import { rules } from '../../i18n/en/rules.ts';
import { useT } from '../../i18n/use-t.tsx';
import { TIERS, useTierName } from '../../ui/badge.tsx';
import { useConditionWords } from '../trace/condition-words.ts';
import { useStrategyName } from '../trace/names.ts';
import type { Change } from './changes.ts';

/** `model:…`, `tier:…` or `auto` in words. */
export function useTargetWords(): (target: string) => string {
  const t = useT(rules);
  const tierName = useTierName();
  return (target) => (target === 'auto' ? t('targetAuto') : target.startsWith('tier:') ? t('targetTier', { tier: tierName(target.slice('tier:'.length)) }) : target.slice('model:'.length));
}

/** A value of the document in words, by the field it stands in; of tiers those that the other value has otherwise. */
function useValueWords(): (field: string, value: unknown, other: unknown) => string {
  const t = useT(rules);
  const f = useFormat();
  const tierName = useTierName();
  const targetWords = useTargetWords();
  const conditionWords = useConditionWords();
  const strategyName = useStrategyName();
  const lists = (ids: readonly string[]): string => (ids.length === 0 ? t('none') : ids.join(', '));
  return (field, value, other) => {
    switch (field) {
      case 'target': return targetWords(String(value));
      case 'enabled': return t(value === true ? 'on' : 'off');
      case 'conditions': return (value as Condition[]).length === 0 ? t('none') : f.list((value as Condition[]).map(conditionWords));
      case 'fallbacks': return lists(value as string[]);
      case 'tiers': return TIERS.filter((tier) => lists((value as Auto['tiers'])[tier]) !== lists((other as Auto['tiers'])[tier])).map((tier) => `${tierName(tier)}: ${lists((value as Auto['tiers'])[tier])}`).join('; ');
      case 'boundaries': return value === null ? t('byDial') : (value as number[]).join(', ');
      case 'strategy': return strategyName(value as 'ml');
      case 'mode': return t(`mode_${value as Auto['mode']}`);
      case 'agentFloor': return value === null ? t('none') : tierName(String(value));
      case 'qualityTarget': return f.percentage(Number(value));
      case 'shadow': return (value as Auto['shadow']).enabled ? t('shadowUpTo', { amount: f.money((value as Auto['shadow']).dailyUsd * 1e6) }) : t('off');
      default: return value === null || value === undefined || value === '' ? t('none') : String(value);
    }
  };
}

/** Changes as a list of sentences. */
export function ChangeList({ changes, label }: { readonly changes: readonly Change[]; readonly label: string }) {
  const t = useT(rules);
  const targetWords = useTargetWords();
  const valueWords = useValueWords();
  if (changes.length === 0) return <p className="muted">{t('noChanges')}</p>;
  const name = (change: { readonly name: string }) => <strong>{change.name}</strong>;
  const sentence = (change: Change) => {
    switch (change.kind) {
      case 'added': return t.rich(change.what === 'alias' ? 'aliasAdded' : 'ruleAdded', { name: name(change), target: targetWords(change.target) });
      case 'removed': return t.rich(change.what === 'alias' ? 'aliasRemoved' : 'ruleRemoved', { name: name(change) });
      case 'moved': return t.rich('ruleMoved', { name: name(change), before: change.before, after: change.after });
      case 'changed': {
        const values = { field: t(`field_${change.field}`), before: <del>{valueWords(change.field, change.before, change.after)}</del>, after: <ins>{valueWords(change.field, change.after, change.before)}</ins> };
        if (change.what === 'auto') return t.rich('autoChanged', values);
        return t.rich(change.what === 'alias' ? 'aliasChanged' : 'ruleChanged', { name: name(change), ...values });
      }
    }
  };
  return <ul className="changes" aria-label={label}>{changes.map((change, at) => <li key={at}>{sentence(change)}</li>)}</ul>;
}
