import { trace } from '../../i18n/en/trace.ts';
import { useT } from '../../i18n/use-t.tsx';
import { TIERS, tierColor, useTierName } from '../../ui/badge.tsx';

/** The scores from 0 to 100 in three zones; `score` marks one of them. */
export function Ruler({ boundaries, score }: { readonly boundaries: readonly [number, number]; readonly score: number | null }) {
  const t = useT(trace);
  const tierName = useTierName();
  const edges = [0, ...boundaries, 100].map((edge) => Math.max(0, Math.min(100, edge)));
  const zones = TIERS.map((tier, at) => ({ tier, from: edges[at] ?? 0, to: edges[at + 1] ?? 100 }));
  return (
    <div className="ruler">
      <div className="ruler__bar" role="img" aria-label={score === null ? t('rulerLabel') : t('rulerMark', { score })}>
        {zones.map(({ tier, from, to }) => <span key={tier} className="ruler__zone" style={{ width: `${to - from}%`, background: tierColor(tier) }} />)}
        {score !== null && <span className="ruler__mark" style={{ left: `${score}%` }} />}
      </div>
      <ul className="ruler__names">
        {zones.map(({ tier, from, to }) => <li key={tier}><span className="badge__dot" style={{ background: tierColor(tier) }} />{from >= to ? t('zoneNone', { tier: tierName(tier) }) : t('zone', { tier: tierName(tier), from: Math.ceil(from), to: tier === 'complex' ? 100 : Math.ceil(to) - 1 })}</li>)}
      </ul>
    </div>
  );
}
