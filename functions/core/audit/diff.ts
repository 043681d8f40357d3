import { equalJson } from '../equal-json.ts';
import { byIdentity, isRecord } from './named.ts';
import type { Views } from './redact.ts';

/** Most bytes of either view of an event (JSON in UTF-8): two of them and the event's own members stay below 100 KB. */
export const MAX_VIEW_BYTES = 44_000;

/**
 * What an event records of a change. Where both views exist, only what differs is kept, at every depth: a member in
 * both that is equal is left out of both; of lists whose entries all have an `id` or a `name`, the entries that differ.
 * `version` and `documentSha256` are always kept at the top, so that a document can be found again and compared. What is created or deleted is recorded
 * whole. A view that is still too large has its largest members replaced by their size.
 */
export function difference({ before, after }: Views): Views {
  if (before === null || after === null) return { before: bounded(before), after: bounded(after) };
  const [was, is] = membersThatDiffer(before, after);
  return { before: bounded({ ...kept(before), ...was }), after: bounded({ ...kept(after), ...is }) };
}

const KEPT: readonly string[] = ['version', 'documentSha256'];
const kept = (view: object): object => Object.fromEntries(Object.entries(view).filter(([name]) => KEPT.includes(name)));

/** Both objects reduced to what differs, of whatever size. */
export function membersThatDiffer(before: object, after: object): [object, object] {
  const [was, is] = [new Map<string, unknown>(), new Map<string, unknown>()];
  const [old, now] = [new Map<string, unknown>(Object.entries(before)), new Map<string, unknown>(Object.entries(after))];
  for (const name of new Set([...old.keys(), ...now.keys()])) {
    const [from, to] = [old.get(name), now.get(name)];
    if (equalJson(from, to)) continue;
    const [left, right] = inside(from, to);
    if (left !== undefined) was.set(name, left);
    if (right !== undefined) is.set(name, right);
  }
  return [Object.fromEntries(was), Object.fromEntries(is)];
}

/** Two values that differ, reduced to where they do. */
function inside(from: unknown, to: unknown): [unknown, unknown] {
  if (Array.isArray(from) && Array.isArray(to)) return entriesThatDiffer(from, to) ?? [from, to];
  return isRecord(from) && isRecord(to) ? membersThatDiffer(from, to) : [from, to];
}

/** Undefined for lists that are not of named things, and for those in which only the order is another: these are recorded whole. */
function entriesThatDiffer(before: readonly unknown[], after: readonly unknown[]): [unknown[], unknown[]] | undefined {
  const [old, now] = [byIdentity(before), byIdentity(after)];
  if (old === undefined || now === undefined) return undefined;
  const was = [...old].filter(([name, entry]) => !equalJson(entry, now.get(name))).map(([, entry]) => entry);
  const is = [...now].filter(([name, entry]) => !equalJson(entry, old.get(name))).map(([, entry]) => entry);
  if (was.length > 0 || is.length > 0) return [was, is];
  return [[...old.keys()], [...now.keys()]];
}

function bounded(view: object | null): object | null {
  if (view === null || bytesOf(view) <= MAX_VIEW_BYTES) return view;
  const sizes = Object.entries(view).map(([name, member]) => ({ name, member: member as unknown, bytes: bytesOf(member) })).toSorted((a, b) => b.bytes - a.bytes);
  const shortened = new Map<string, unknown>(Object.entries(view));
  let left = bytesOf(view);
  for (const { name, bytes } of sizes) {
    if (left <= MAX_VIEW_BYTES) break;
    const word = omitted(bytes);
    shortened.set(name, word);
    left += bytesOf(word) - bytes;
  }
  // Members too many to be named at all.
  return left <= MAX_VIEW_BYTES ? Object.fromEntries(shortened) : { '[omitted]': omitted(bytesOf(view)) };
}

const omitted = (bytes: number): string => `[omitted: ${bytes} bytes]`;
const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? '');
