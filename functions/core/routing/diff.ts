import { equalJson } from '../equal-json.ts';
import { pointerOf } from '../../contract/issue.ts';

/** One difference of two documents; `undefined` (absent in JSON) where there is or was nothing. `path` is an RFC 6901 pointer. */
export interface Difference { readonly path: string; readonly before?: unknown; readonly after?: unknown }
/** `complete` false = there were more differences than are listed. */
export interface Diff { readonly differences: readonly Difference[]; readonly complete: boolean }

const MAX_DIFFERENCES = 200;
type Path = readonly (string | number)[];

/**
 * What changed between two documents of plain JSON, in document order, at most `limit` differences. Entries of lists
 * that have an `id` or a `name` are compared with their namesakes, wherever they stand: a rule that only moved shows as
 * moved (one difference whose path ends in `/-`), not as every field of its neighbours. Paths lead into the later
 * document; to what is gone, into the earlier one.
 */
export function diffDocuments(before: unknown, after: unknown, limit = MAX_DIFFERENCES): Diff {
  const differences: Difference[] = [];
  // One more than is listed tells whether there are more.
  compare([], before, after, (difference) => {
    if (differences.length <= limit) differences.push(difference);
    return differences.length <= limit;
  });
  return { differences: differences.slice(0, limit), complete: differences.length <= limit };
}

/** Takes a difference; false = it wants no more. */
type Report = (difference: Difference) => boolean;

/** False once nothing more is wanted. */
function compare(path: Path, before: unknown, after: unknown, report: Report): boolean {
  if (Array.isArray(before) && Array.isArray(after)) {
    const [was, is] = [labelled(before), labelled(after)];
    return was !== undefined && is !== undefined ? compareLabelled(path, was, is, report) : equalJson(before, after) || report({ path: pointerOf(path), before, after });
  }
  if (isRecord(before) && isRecord(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].every((name) => compare([...path, name], before[name], after[name], report));
  }
  return equalJson(before, after) || report({ path: pointerOf(path), ...(before !== undefined && { before }), ...(after !== undefined && { after }) });
}

type Labelled = ReadonlyMap<string, { readonly at: number; readonly value: unknown }>;

/** The entries by what names them; undefined when some have no name or share one. */
function labelled(list: readonly unknown[]): Labelled | undefined {
  const entries = new Map<string, { at: number; value: unknown }>();
  for (const [at, value] of list.entries()) {
    const label = isRecord(value) ? (value['id'] ?? value['name']) : undefined;
    if (typeof label !== 'string' || entries.has(label)) return undefined;
    entries.set(label, { at, value });
  }
  return entries;
}

function compareLabelled(path: Path, was: Labelled, is: Labelled, report: Report): boolean {
  for (const [label, { at, value }] of was) if (!is.has(label) && !report({ path: pointerOf([...path, at]), before: value })) return false;
  for (const [label, { at, value }] of is) {
    const earlier = was.get(label);
    if (earlier === undefined ? !report({ path: pointerOf([...path, at]), after: value }) : !compare([...path, at], earlier.value, value, report)) return false;
  }
  const order = (from: Labelled, other: Labelled): string[] => [...from.keys()].filter((label) => other.has(label));
  const [before, after] = [order(was, is), order(is, was)];
  return equalJson(before, after) || report({ path: pointerOf([...path, '-']), before, after });
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
