import { useFormat } from '../../format/use-format.ts';
import type { LedgerEntry } from '../../api/types.ts';
import { audit } from '../../i18n/en/audit.ts';
import { useT } from '../../i18n/use-t.tsx';

/** The three parts of a response time, in ms; `first` null = nothing was streamed or came. */
export function partsOf({ latencyMs, ttftMs, gatewayMs }: Pick<LedgerEntry, 'latencyMs' | 'ttftMs' | 'gatewayMs'>): { readonly gateway: number; readonly first: number | null; readonly rest: number } {
  const gateway = Math.min(gatewayMs, latencyMs);
  const until = ttftMs === null ? null : Math.min(latencyMs, Math.max(ttftMs, gateway));
  return { gateway, first: until === null ? null : until - gateway, rest: latencyMs - (until ?? gateway) };
}

/** The time with a bar under it: gateway, until the first token, the rest. */
export function Latency({ entry }: { readonly entry: LedgerEntry }) {
  const t = useT(audit);
  const f = useFormat();
  const { gateway, first, rest } = partsOf(entry);
  const share = (ms: number): string => `${entry.latencyMs > 0 ? (ms / entry.latencyMs) * 100 : 0}%`;
  const text = first === null ? t('latencyWhole', { gateway: f.duration(gateway), rest: f.duration(rest) }) : t('latencyParts', { gateway: f.duration(gateway), first: f.duration(first), rest: f.duration(rest) });
  return (
    <span className="latency" title={text}>
      <span className="number">{f.duration(entry.latencyMs)}</span>
      <span className="latency__bar" aria-hidden><span style={{ width: share(gateway), background: 'var(--series-3)' }} /><span style={{ width: share(first ?? 0), background: 'var(--series-2)' }} /><span style={{ width: share(rest), background: 'var(--series-1)' }} /></span>
    </span>
  );
}
