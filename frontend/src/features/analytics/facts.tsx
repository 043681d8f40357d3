import type { ReactNode } from 'react';
import type { UsageAnswer } from '../../api/types.ts';
import { useFormat } from '../../format/use-format.ts';
import { analytics } from '../../i18n/en/analytics.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Card } from '../../ui/card.tsx';
import { Count, Duration, Money, Unknown } from '../../ui/values.tsx';
import { errorShare, paidMicros, tokensIn } from './measures.ts';

/** The totals, each against the period of equal length before. */
export function Facts({ answer: { totals, previous } }: { readonly answer: UsageAnswer }) {
  const t = useT(analytics);
  const f = useFormat();
  const before = previous?.totals;
  /** A change in per cent, where the earlier period has enough requests to say anything. */
  const change = (now: number | null, was: number | null | undefined): string => {
    const text = before === undefined || before.requests < 20 || now === null || was === null || was === undefined || was === 0 ? undefined : f.change(now * SCALE, was * SCALE);
    return text === undefined ? t('noComparison') : t('versusPrevious', { change: text });
  };
  const [share, shareBefore] = [errorShare(totals), before && errorShare(before)];
  return (
    <div className="facts">
      <Fact name={t('requests')} below={change(totals.requests, before?.requests)}><Count value={totals.requests} /></Fact>
      <Fact name={t('paid')} below={change(paidMicros(totals), before && paidMicros(before))}><Money micros={paidMicros(totals)} /></Fact>
      <Fact name={t('tokens')} below={<>{t('tokensSplit', { input: f.count(tokensIn(totals)), output: f.count(totals.tokens.output) })}</>}><Count value={tokensIn(totals) + totals.tokens.output} /></Fact>
      <Fact name={t('responseTime')} below={totals.latencyMs.p95 === null ? '' : t('p95Is', { value: f.duration(totals.latencyMs.p95) })}><Duration ms={totals.latencyMs.p50} /></Fact>
      <Fact name={t('errors')} below={share === null ? '' : before !== undefined && before.requests >= 20 && shareBefore !== null && shareBefore !== undefined ? t('errorsBefore', { count: totals.errors, before: f.percent(shareBefore) }) : t('errorCount', { count: totals.errors })}>{share === null ? <Unknown /> : <span className="number">{f.percent(share)}</span>}</Fact>
    </div>
  );
}

/** `change` looks at the earlier number to know whether it is large enough; here the number of requests decides that. */
const SCALE = 1_000;

function Fact({ name, children, below }: { readonly name: string; readonly children: ReactNode; readonly below: ReactNode }) {
  return <Card className="fact"><p className="fact__name">{name}</p><p className="fact__value">{children}</p><p className="fact__below">{below}</p></Card>;
}
