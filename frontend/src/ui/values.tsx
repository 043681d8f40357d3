import { useSyncExternalStore } from 'react';
import { useFormat } from '../format/use-format.ts';
import { ui } from '../i18n/en/ui.ts';
import { useT } from '../i18n/use-t.tsx';
import { Badge } from './badge.tsx';
import { Tooltip } from './tooltip.tsx';

/** Micro-USD; null = nobody knows the price, which is not nothing. */
export function Money({ micros }: { readonly micros: number | null | undefined }) {
  const f = useFormat();
  const t = useT(ui);
  if (micros === undefined || micros === null) return <Tooltip text={t('unpricedHint')}><Badge>{t('unpriced')}</Badge></Tooltip>;
  return <span className="number" title={f.exactMoney(micros)}>{f.money(micros)}</span>;
}

export function Count({ value }: { readonly value: number | null | undefined }) {
  const f = useFormat();
  if (value === undefined || value === null) return <Unknown />;
  return <span className="number" title={f.exactCount(value)}>{f.count(value)}</span>;
}

export function Duration({ ms }: { readonly ms: number | null | undefined }) {
  const f = useFormat();
  if (ms === undefined || ms === null) return <Unknown />;
  return <span className="number">{f.duration(ms)}</span>;
}

/** Not zero: nobody measured it. `why` says so on hover. */
export function Unknown({ why }: { readonly why?: string }) {
  const t = useT(ui);
  return <span className="muted" title={why}>{t('unknown')}</span>;
}

let nowMs = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    nowMs = Date.now();
    for (const each of listeners) each();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
/** The time, once a second. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => nowMs);

/** "2 min ago", with the local time and UTC on hover. */
export function RelativeTime({ at }: { readonly at: string }) {
  const f = useFormat();
  const now = useNow();
  const local = f.dateTime(at, 'full', new Intl.DateTimeFormat().resolvedOptions().timeZone);
  return <time dateTime={at} title={`${local}\n${f.dateTime(at, 'full', 'UTC')}`} className="number">{f.relative(Math.min(Date.parse(at), Math.max(now, Date.parse(at))), Math.max(now, nowMs))}</time>;
}

/** The time of day, with the whole time on hover. */
export function ClockTime({ at, timeZone }: { readonly at: string; readonly timeZone: string }) {
  const f = useFormat();
  return <time dateTime={at} title={`${f.dateTime(at, 'full', timeZone)}\n${f.dateTime(at, 'full', 'UTC')}`} className="mono number">{f.dateTime(at, 'time', timeZone)}</time>;
}
