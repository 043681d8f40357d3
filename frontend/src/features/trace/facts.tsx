import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Decision } from '../../../../functions/contract/decision.ts';
import { useMay } from '../../api/me.ts';
import { useFormat } from '../../format/use-format.ts';
import { trace } from '../../i18n/en/trace.ts';
import { useT } from '../../i18n/use-t.tsx';
import { useNeed, useStrategyName } from './names.ts';

/** What the decision rests on beside score and rules. `isSaved` = it was made by the version it names, and not by a draft over it. */
export function Facts({ decision, isSaved }: { readonly decision: Decision; readonly isSaved: boolean }) {
  const t = useT(trace);
  const f = useFormat();
  const mayOpen = useMay('member');
  const need = useNeed();
  const strategyName = useStrategyName();
  const { inputs, baseline, template, strategy, artifact, policyVersion, route, candidates } = decision;
  const cost = candidates.find(({ model }) => model === route[0])?.estCostMicros;
  const saving = baseline === null || baseline.estCostMicros === null || cost === undefined || cost === null ? undefined : baseline.estCostMicros - cost;
  const isUnproven = strategy === 'ml' && decision.reason !== 'evidence' && route.length > 0;
  const facts: readonly (readonly [string, ReactNode] | undefined)[] = [
    [t('factTokens'), t('factTokensValue', { count: inputs.inputTokens })],
    baseline === null ? undefined : [t('factBaseline'), baseline.estCostMicros === null ? t('factBaselineUnpriced', { model: baseline.model }) : t('factBaselineValue', { model: baseline.model, cost: f.money(baseline.estCostMicros) })],
    saving === undefined ? undefined : [t('factSaving'), saving === 0 ? t('factSame') : t(saving > 0 ? 'factSaves' : 'factCosts', { amount: f.money(Math.abs(saving)) })],
    strategy === null ? undefined : [t('factStrategy'), strategyName(strategy)],
    artifact === null ? undefined : [t('factArtifact'), <code key="artifact">{artifact}</code>],
    !isSaved ? undefined : [t('factVersion'), mayOpen && policyVersion > 0 ? <Link key="version" to="/rules" search={{ history: true, version: policyVersion }}>{t('factVersionValue', { version: policyVersion })}</Link> : t('factVersionValue', { version: policyVersion })],
    [t('factSession'), <SessionWords key="session" decision={decision} />],
    template === null ? undefined : [t('factTemplate'), t.rich('factTemplateValue', { key: <code>{template.key}</code>, count: template.labels })],
    inputs.request === undefined || inputs.request.needs.length === 0 ? undefined : [t('factNeeds'), f.list(inputs.request.needs.map(need))],
    inputs.spendTodayPct === null ? undefined : [t('factSpend'), f.percent(inputs.spendTodayPct / 100)],
    inputs.breakerOpen.length === 0 ? undefined : [t('factBreakers'), f.list(inputs.breakerOpen)],
    inputs.overBudget === undefined || inputs.overBudget.length === 0 ? undefined : [t('factOverBudget'), f.list(inputs.overBudget)],
    [t('factDialect'), <code key="dialect">{decision.dialect}</code>],
  ];
  return (
    <>
      <dl className="facts">{facts.map((fact, at) => fact !== undefined && <div key={at}><dt>{fact[0]}</dt><dd>{fact[1]}</dd></div>)}</dl>
      {isUnproven && <p className="trace__note">{t('unproven')} <Link to="/rules" search={{ tab: 'auto' }}>{t('unprovenLink')}</Link></p>}
    </>
  );
}

function SessionWords({ decision: { session, inputs, route } }: { readonly decision: Decision }) {
  const t = useT(trace);
  const f = useFormat();
  const soFar = inputs.session;
  return (
    <>
      {session === null ? t('factNoSession') : session.pinned ? t('factPinned', { model: route[0] ?? t('modelUnknown') }) : t('factNotPinned')}
      {soFar !== undefined && <span className="muted"> · {t('factSessionSoFar', { count: soFar.requests, tokens: soFar.contextTokens, idle: f.duration(soFar.idleMs) })}{soFar.inLoop && <> · {t('factInLoop')}</>}</span>}
    </>
  );
}
