import { useSyncExternalStore } from 'react';
import type { ExplainAnswer, RoutingDocument } from '../../api/types.ts';
import type { Dialect } from './request.ts';

/** One test of this tab. It stays in memory alone: a request's text is stored nowhere. */
export interface Run {
  readonly number: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly dialect: Dialect;
  readonly keyName: string | null;
  /** The draft it was decided under; undefined = the live rules. */
  readonly draft: RoutingDocument | undefined;
  readonly answer: ExplainAnswer;
}

const MOST = 10;
let runs: readonly Run[] = [];
let count = 0;
const listeners = new Set<() => void>();
const publish = (next: typeof runs): void => {
  runs = next;
  for (const listener of listeners) listener();
};

/** Newest first. */
export const useRuns = (): readonly Run[] => useSyncExternalStore((listener) => {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}, () => runs);

export function addRun(run: Omit<Run, 'number'>): Run {
  count += 1;
  const added = { ...run, number: count };
  publish([added, ...runs].slice(0, MOST));
  return added;
}
export const clearRuns = (): void => publish([]);

/** The beginning of what the request says, for telling runs apart. */
export function excerptOf(body: Readonly<Record<string, unknown>>): string {
  const turns = body['messages'] ?? body['input'];
  const last: unknown = Array.isArray(turns) ? turns.at(-1) : turns;
  const content: unknown = typeof last === 'object' && last !== null && 'content' in last ? last.content : last;
  const text = typeof content === 'string' ? content : Array.isArray(content) ? content.map((part: unknown) => (typeof part === 'object' && part !== null && 'text' in part ? String(part.text) : '')).join(' ') : '';
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
