import { useCallback, useEffect, useMemo, useRef, useState, type RefObject } from 'react';
import { get } from '../../api/client.ts';
import type { RequestsAsk } from '../../api/requests.ts';
import type { LedgerEntry, List } from '../../api/types.ts';
import type { RangeSearch } from '../../app/range.ts';
import { mergeRows, MOST_ROWS } from './rows.ts';

const POLL_MS = 2_000;
const IDLE_POLL_MS = 5_000;
const IDLE_AFTER_MS = 60_000;
/** A request is written when it is over, under the time at which it came: so far back late ones are looked for. */
const LATE_MS = 300_000;
const PAGE = 100;
/** Together as many rows as the list shows at most: behind those nothing is missed that would be seen. */
const MOST_PAGES = 5;
/** Ids that are remembered, newest first, before the older half is forgotten. */
const MOST_SEEN = 5_000;

export interface LiveTail {
  /** Newer than the list's own rows, newest first. */
  readonly rows: readonly LedgerEntry[];
  /** How many wait because the reader is elsewhere. */
  readonly waiting: number;
  /** Lets those in that wait. */
  readonly show: () => void;
  /** What went wrong at the last look, until one works again. */
  readonly error: unknown;
}

export interface LiveTailOptions {
  readonly isOn: boolean;
  readonly ask: RequestsAsk;
  /** The range that is shown: rows of one are not those of another. */
  readonly range: RangeSearch;
  /** The rows that are shown already. */
  readonly known: readonly LedgerEntry[] | undefined;
  /** The list: new rows go in only while its top is in view, nothing in it is selected and no pointer rests on it. */
  readonly list: RefObject<HTMLElement | null>;
}

/**
 * Looks for new requests every 2 s (5 s after a minute in which nobody did anything), and not at all while the page is
 * hidden. Rows never move under a reader: what arrives meanwhile waits until it is asked for or the reader is back at the top.
 */
export function useLiveTail({ isOn, ask, range, known, list }: LiveTailOptions): LiveTail {
  const [rows, setRows] = useState<readonly LedgerEntry[]>([]);
  const [waiting, setWaiting] = useState<readonly LedgerEntry[]>([]);
  const [error, setError] = useState<unknown>();
  const question = JSON.stringify([range, ask]);
  const seen = useRef(new Set<string>());
  const held = useRef<readonly LedgerEntry[]>([]);
  const isHovered = useRef(false);
  const oldest = useRef('');
  if (known !== undefined) {
    for (const { requestId } of known) seen.current.add(requestId);
    oldest.current = known.at(-1)?.requestId ?? '';
  }

  const show = useCallback((): void => {
    const arrived = held.current;
    if (arrived.length === 0) return;
    held.current = [];
    setWaiting([]);
    setRows((before) => mergeRows(arrived, before).slice(0, MOST_ROWS));
  }, []);

  useEffect(() => {
    setRows([]);
    setWaiting([]);
    held.current = [];
    seen.current = new Set();
  }, [question]);

  const isReady = known !== undefined;
  useEffect(() => {
    if (!isOn || !isReady) return undefined;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isLooking = false;
    let activeAt = Date.now();

    const isFree = (): boolean => {
      const element = list.current;
      const selection = getSelection();
      const isSelecting = element !== null && selection !== null && !selection.isCollapsed && element.contains(selection.anchorNode);
      return !isHovered.current && !isSelecting && document.querySelector('dialog[open]') === null && (element === null || element.getBoundingClientRect().top >= 0);
    };
    const look = async (): Promise<void> => {
      clearTimeout(timer);
      if (isLooking || document.visibilityState === 'hidden') return;
      isLooking = true;
      try {
        const arrived = await readNew(ask, { seen: seen.current, after: oldest.current }, stop.signal);
        setError(undefined);
        if (arrived.length > 0) {
          remember(seen, arrived);
          held.current = mergeRows(arrived, held.current).slice(0, MOST_ROWS);
          setWaiting(held.current);
        }
        if (isFree()) show();
      } catch (failure) {
        if (!stop.signal.aborted) setError(failure);
      } finally {
        isLooking = false;
        if (!stop.signal.aborted) timer = setTimeout(() => { void look(); }, Date.now() - activeAt > IDLE_AFTER_MS ? IDLE_POLL_MS : POLL_MS);
      }
    };
    const wake = (): void => { if (document.visibilityState === 'visible') void look(); };
    const act = (event: Event): void => {
      activeAt = Date.now();
      isHovered.current = event.type === 'pointermove' ? event.target instanceof Node && list.current?.contains(event.target) === true && (event as PointerEvent).pointerType === 'mouse' : isHovered.current;
      if (held.current.length > 0 && isFree()) show();
    };
    document.addEventListener('visibilitychange', wake);
    for (const name of ['pointermove', 'keydown', 'scroll'] as const) addEventListener(name, act, { passive: true, signal: stop.signal });
    timer = setTimeout(() => { void look(); }, POLL_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
      document.removeEventListener('visibilitychange', wake);
    };
    // `question` stands for `ask` and `range`.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [isOn, isReady, question, list, show]);

  return useMemo(() => ({ rows, waiting: waiting.length, show, error }), [rows, waiting, show, error]);
}

function remember(seen: RefObject<Set<string>>, rows: readonly LedgerEntry[]): void {
  for (const { requestId } of rows) seen.current.add(requestId);
  if (seen.current.size > MOST_SEEN) seen.current = new Set([...seen.current].toSorted().slice(-MOST_SEEN / 2));
}

/** What is not in `seen`, newest first: the newest page, and those behind it as long as all of them is new. Older than `after` is the list's own matter. */
async function readNew(ask: RequestsAsk, { seen, after }: { readonly seen: ReadonlySet<string>; readonly after: string }, signal: AbortSignal): Promise<LedgerEntry[]> {
  const found: LedgerEntry[] = [];
  const from = new Date(Date.now() - LATE_MS).toISOString();
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { items, nextCursor }: List<LedgerEntry> = await get<List<LedgerEntry>>('/admin/requests', { ...ask, from, limit: PAGE, cursor }, signal);
    const fresh = items.filter(({ requestId }) => !seen.has(requestId) && requestId > after);
    found.push(...fresh);
    if (nextCursor === null || fresh.length < items.length) break;
    cursor = nextCursor;
  }
  return found;
}
