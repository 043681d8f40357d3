import type { Part } from '../../conversation.ts';
import { fail } from '../../errors.ts';
import { shortHash } from '../tools.ts';

/** Neighbouring turns of one speaker. */
export interface Group { readonly role: 'user' | 'assistant'; readonly parts: readonly Part[] }

type Call = Extract<Part, { type: 'tool-call' }>;
type Result = Extract<Part, { type: 'tool-result' }>;

const PLAIN_ID = /^[A-Za-z0-9_-]+$/;

/**
 * Gives every call and result its id for the wire, per group, results in the order of the calls. Ids outside
 * `[A-Za-z0-9_-]` are rewritten by hash, the same on both sides (D10); calls and results without ids are paired in order.
 * Throws `invalid_request` for a call without a result, a result that answers no call, and a second result for the same
 * call (D8, D9).
 */
export function pairResults(groups: readonly Group[]): Map<Part, string>[] {
  const pairs: Map<Part, string>[] = [];
  let open: { call: Call; id: string }[] = [];
  for (const [at, group] of groups.entries()) {
    const ids = new Map<Part, string>();
    if (group.role === 'assistant') {
      open = calls(group).map((call, index) => ({ call, id: wireId(call.id, `${at}:${index}:${call.name}`) }));
      for (const { call, id } of open) ids.set(call, id);
    } else {
      answer(open, group.parts.filter((part) => part.type === 'tool-result'), ids);
      open = [];
    }
    pairs.push(ids);
  }
  answer(open, [], new Map());
  return pairs;
}

function calls(group: Group): Call[] {
  return group.parts.filter((part) => part.type === 'tool-call');
}

function wireId(id: string | undefined, place: string): string {
  if (id === undefined || id === '') return `toolu_${shortHash(place, 24)}`;
  return PLAIN_ID.test(id) ? id : `toolu_${shortHash(id, 24)}`;
}

function answer(open: readonly { call: Call; id: string }[], results: readonly Result[], ids: Map<Part, string>): void {
  const left = new Set(results);
  const byId = resultsById(results);
  for (const { call, id } of open) {
    const result = byId.get(call.id ?? '')?.pop();
    if (result === undefined) {
      return fail('invalid_request', `The tool call '${(call.id ?? call.name).slice(0, 64)}' has no result in the messages that follow it.`, { param: 'messages' });
    }
    left.delete(result);
    ids.set(result, id);
  }
  const [orphan] = left;
  if (orphan !== undefined) {
    fail('invalid_request', `The tool result for '${(orphan.id ?? '').slice(0, 64)}' answers no tool call of the message before it.`, { param: 'messages' });
  }
}

/** The results of each id, and those without one under '', the first of them last. */
function resultsById(results: readonly Result[]): Map<string, Result[]> {
  const byId = new Map<string, Result[]>();
  for (const result of results.toReversed()) {
    const same = byId.get(result.id ?? '');
    if (same === undefined) byId.set(result.id ?? '', [result]);
    else same.push(result);
  }
  return byId;
}
