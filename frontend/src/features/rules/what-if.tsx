import { Link } from '@tanstack/react-router';
import { rangeBounds } from '../../app/range.ts';
import { useWhatIf } from '../../api/routing.ts';
import type { ReplayAnswer, RoutingDocument } from '../../api/types.ts';
import { useFormat } from '../../format/use-format.ts';
import { rules } from '../../i18n/en/rules.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Badge, TIERS, tierColor, useTierName } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { ErrorCard } from '../../ui/error-card.tsx';
import { SelectField } from '../../ui/fields.tsx';
import { RelativeTime } from '../../ui/values.tsx';
import { useState } from 'react';

const PERIODS = ['24h', '7d', '30d'] as const;

/** The requests of a period, decided again under the draft: what would have gone elsewhere, and at which price. */
export function WhatIf({ document }: { readonly document: RoutingDocument }) {
  const t = useT(rules);
  const whatIf = useWhatIf();
  const [period, setPeriod] = useState<(typeof PERIODS)[number]>('7d');
  const ask = (): void => {
    const { from, to } = rangeBounds({ range: period }, Date.now());
    whatIf.mutate({ draft: document, from, to });
  };
  return (
    <section className="stack" aria-label={t('whatIf')}>
      <div className="what-if__ask">
        <SelectField label={t('whatIfPeriod')} value={period} onChange={(event) => { setPeriod(event.target.value as '7d'); whatIf.reset(); }}>{PERIODS.map((one) => <option key={one} value={one}>{t(`period_${one}`)}</option>)}</SelectField>
        <Button type="button" busy={whatIf.isPending} busyText={t('whatIfBusy')} onClick={ask}>{t('whatIfRun')}</Button>
      </div>
      <p className="field__hint">{t('whatIfText')}</p>
      {whatIf.error !== null && <ErrorCard error={whatIf.error} onRetry={ask} />}
      {whatIf.data !== undefined && <Answer answer={whatIf.data.data} />}
    </section>
  );
}

function Answer({ answer: { requests, undecidable, flips, refused, compared, costMicros, tiers, complete, examples } }: { readonly answer: ReplayAnswer }) {
  const t = useT(rules);
  const f = useFormat();
  const tierName = useTierName();
  if (requests === 0) return <p className="trace__note" role="status">{t('whatIfNothing')}</p>;
  const difference = costMicros.draft - costMicros.live;
  const sums = TIERS.map((tier) => ({ tier, ...tiers[tier] }));
  const [live, draft] = [sums.reduce((sum, each) => sum + each.live, 0), sums.reduce((sum, each) => sum + each.draft, 0)];
  return (
    <div className="stack" role="status">
      <dl className="facts">
        <div><dt>{t('whatIfMoved')}</dt><dd><strong>{t('whatIfMovedValue', { count: flips, requests: requests - undecidable })}</strong></dd></div>
        <div><dt>{t('whatIfCost')}</dt><dd><strong>{difference === 0 ? t('whatIfSame') : t(difference < 0 ? 'whatIfLess' : 'whatIfMore', { amount: f.money(Math.abs(difference)) })}</strong> <span className="muted">{t('whatIfCostOf', { live: f.money(costMicros.live), draft: f.money(costMicros.draft), count: compared })}</span></dd></div>
        {refused > 0 && <div><dt>{t('whatIfRefused')}</dt><dd><Badge tone="bad">{f.exactCount(refused)}</Badge></dd></div>}
      </dl>
      {live + draft > 0 && (
        <div className="table-scroll">
          <table className="table">
            <caption className="off-screen">{t('whatIfTiers')}</caption>
            <thead><tr><th scope="col">{t('tier')}</th><th scope="col" className="end">{t('now')}</th><th scope="col" className="end">{t('withDraft')}</th></tr></thead>
            <tbody>{sums.map((each) => <tr key={each.tier}><th scope="row"><span className="badge__dot badge__dot--inline" style={{ background: tierColor(each.tier) }} /> {tierName(each.tier)}</th><td className="end number">{f.percent(live === 0 ? 0 : each.live / live)}</td><td className="end number">{f.percent(draft === 0 ? 0 : each.draft / draft)}</td></tr>)}</tbody>
          </table>
        </div>
      )}
      {examples.length > 0 && (
        <div>
          <h3 className="trace__title">{t('whatIfExamples')}</h3>
          <ul className="changes">{examples.map(({ requestId, at, live: before, draft: after }) => <li key={requestId}><Link to="/audit/$requestId" params={{ requestId }}><RelativeTime at={at} /></Link>: <del>{before ?? t('refusal')}</del> → <ins>{after ?? t('refusal')}</ins></li>)}</ul>
        </div>
      )}
      {undecidable > 0 && <p className="muted">{t('whatIfUndecidable', { count: undecidable })}</p>}
      {!complete && <p className="muted">{t('whatIfIncomplete', { count: requests })}</p>}
    </div>
  );
}
