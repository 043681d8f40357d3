import type { Candidate, Decision } from '../../../../functions/contract/decision.ts';
import { formatLocale } from '../../i18n/locale.ts';
import { trace } from '../../i18n/en/trace.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Badge } from '../../ui/badge.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Money, Unknown } from '../../ui/values.tsx';
import { useExclusion } from './names.ts';

/** Every model that was looked at, in order: tried, able but not needed, or why it cannot. */
export function Candidates({ decision: { candidates, route, stage } }: { readonly decision: Decision }) {
  const t = useT(trace);
  const excluded = useExclusion();
  const number = new Intl.NumberFormat(formatLocale(), { minimumFractionDigits: 3, maximumFractionDigits: 3, signDisplay: 'exceptZero' });
  if (candidates.length === 0) return <p className="muted">{t('noCandidates')}</p>;
  const state = ({ model, excluded: because }: Candidate) => {
    const place = route.indexOf(model);
    if (because !== null) return <span className="muted">{excluded(because)}</span>;
    if (place === 0) return <Badge tone="good">{t('tried')}</Badge>;
    return place > 0 ? <Badge>{t('triedNext', { place })}</Badge> : <span className="muted">{t('canServe')}</span>;
  };
  const hasEvidence = candidates.some(({ evidence }) => evidence !== undefined) || stage === 'auto';
  return (
    <div className="trace__table">
      <DataTable label={t('candidatesTitle')} rows={candidates.map((candidate, at) => ({ ...candidate, id: `${at}:${candidate.model}` }))} rowKey={({ id }) => id} columns={[
        { id: 'model', header: t('candidateModel'), cell: ({ model }) => <span className="trace__id">{model}</span> },
        { id: 'state', header: t('candidateState'), cell: state },
        { id: 'cost', header: t('candidateCost'), align: 'end', cell: ({ estCostMicros }) => (estCostMicros === undefined ? <Unknown /> : <Money micros={estCostMicros} />) },
        ...(hasEvidence ? [{ id: 'evidence', header: t('candidateEvidence'), cell: ({ evidence }: Candidate) => (evidence === undefined ? <span className="muted">{t('evidenceNone')}</span> : <span>{t('evidenceOf', { mean: number.format(evidence.mean), se: number.format(evidence.se).replace('+', ''), labels: Math.round(evidence.n) })}</span>) }] : []),
      ]} />
    </div>
  );
}
