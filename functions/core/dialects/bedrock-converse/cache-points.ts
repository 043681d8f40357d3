import { isFields, textIn } from '../fields.ts';
import type { Block, Writing } from './writing.ts';

const MAX_POINTS = 4;

/** Adds the cache point that a marker asks for, behind what it marks; never two in a row, never before anything else. */
export function addCachePoint(blocks: Block[], marker: unknown, { target, lost }: Writing): void {
  if (marker === undefined) return;
  if (target.facts.promptCache === false) {
    lost.drop('cache_control');
    return;
  }
  const last = blocks.at(-1);
  if (last === undefined || 'cachePoint' in last) return;
  const ttl = isFields(marker) ? textIn(marker, 'ttl') : undefined;
  blocks.push({ cachePoint: { type: 'default', ...(ttl === '1h' && { ttl }) } });
}

/**
 * A request may hold four cache points. Of more, the first (the part shared by most requests) and the last three (the
 * longest prefixes) stay, as in D36. The lists come in the order in which the model reads them: tools, system, messages;
 * they are cut in place. True when any point was removed.
 */
export function boundCachePoints(lists: readonly Block[][]): boolean {
  const total = lists.reduce((sum, list) => sum + list.filter((block) => 'cachePoint' in block).length, 0);
  if (total <= MAX_POINTS) return false;
  let seen = 0;
  for (const list of lists) {
    const kept = list.filter((block) => {
      if (!('cachePoint' in block)) return true;
      seen += 1;
      return seen === 1 || seen > total - MAX_POINTS + 1;
    });
    list.splice(0, list.length, ...kept);
  }
  return true;
}
