import { Link } from '@tanstack/react-router';
import { useMemo, type ReactNode } from 'react';
import type { Decision } from '../../../../functions/contract/decision.ts';
import { globMatches } from '../../../../functions/contract/glob.ts';
import type { Condition, Pattern, RoutingDocument } from '../../../../functions/contract/routing.ts';
import { trace } from '../../i18n/en/trace.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Badge } from '../../ui/badge.tsx';
import { useConditionKeys } from './condition-key.ts';
import { useConditionWords } from './condition-words.ts';

/** The enabled rules in the order they are tried, each with the first thing that kept it from matching. */
export function TriedRules({ decision, document }: { readonly decision: Decision; readonly document: RoutingDocument }) {
  const t = useT(trace);
  const inWords = useConditionWords();
  const rules = useMemo(() => document.patterns.filter(({ enabled }) => enabled).toSorted((a, b) => b.priority - a.priority), [document]);
  const keys = useConditionKeys(useMemo(() => rules.flatMap(({ conditions }) => conditions), [rules]));
  const matchedAt = decision.stage === 'pattern' ? rules.findIndex(({ id }) => id === decision.ruleId) : rules.length;
  const truth = (condition: Condition): boolean | null | undefined => {
    const key = keys?.get(condition);
    return key === undefined ? undefined : decision.inputs.conditions[key];
  };
  const because = (rule: Pattern, at: number): ReactNode => {
    if (at === matchedAt) return <Badge tone="good">{t('ruleMatched')}</Badge>;
    if (matchedAt >= 0 && at > matchedAt) return t('ruleNotTried');
    if (rule.glob !== undefined && !globMatches(rule.glob, decision.requestedModel)) return t.rich('ruleGlob', { glob: <code>{rule.glob}</code> });
    const failed = rule.conditions.find((condition) => {
      const found = truth(condition);
      return found === null || (found !== undefined && found === condition.negate);
    });
    if (failed === undefined) return t('ruleFailed');
    return t(truth(failed) === null ? 'ruleUnknown' : 'ruleCondition', { condition: inWords(failed) });
  };
  return (
    <details className="tried">
      <summary>{t('rulesTitle')}</summary>
      <ol>{rules.map((rule, at) => <li key={rule.id}><Link to="/rules" search={{ rule: rule.id }}>{rule.name ?? rule.id}</Link> <span className="muted">{because(rule, at)}</span></li>)}</ol>
    </details>
  );
}
