import type { LedgerEntry } from '../../api/types.ts';
import { useFormat } from '../../format/use-format.ts';
import { audit } from '../../i18n/en/audit.ts';
import { useT } from '../../i18n/use-t.tsx';
import { partsOf } from './latency.tsx';

/** Where the time went; the parts add up to the whole. */
export function Timings({ entry }: { readonly entry: LedgerEntry }) {
  const t = useT(audit);
  const f = useFormat();
  const { gateway, first, rest } = partsOf(entry);
  const parts = [['gatewayTime', gateway, 'var(--series-3)'], ...(first === null ? [['modelTime', rest, 'var(--series-1)'] as const] : [['firstTime', first, 'var(--series-2)'] as const, ['restTime', rest, 'var(--series-1)'] as const])] as const;
  return (
    <div className="stack stack--tight">
      <span className="latency__bar latency__bar--large" aria-hidden>{parts.map(([name, ms, color]) => <span key={name} style={{ width: `${entry.latencyMs > 0 ? (ms / entry.latencyMs) * 100 : 0}%`, background: color }} />)}</span>
      <dl className="pairs">
        {parts.map(([name, ms, color]) => <div key={name}><dt><span className="chart__swatch" style={{ background: color }} /> {t(name)}</dt><dd className="number">{f.duration(ms)}</dd></div>)}
        <div><dt>{t('wholeTime')}</dt><dd className="number"><strong>{f.duration(entry.latencyMs)}</strong></dd></div>
      </dl>
    </div>
  );
}
