import type { Asked } from './read.ts';

/** How the value `1h` may stand in JSON: as it is, or with either character escaped. */
const SPELLINGS = ['"1h"', '\\u0031', '\\u0068'];
const known = new WeakMap<Asked, boolean>();

/**
 * Whether a cache marker of the body asks for an hour (`"ttl":"1h"`, wherever it stands): then a token may be written at the
 * price of that. Looked for once per request; bodies without the word, almost all, are only searched for it.
 */
export function writesForAnHour(asked: Asked): boolean {
  let found = known.get(asked);
  if (found === undefined) {
    const { buffer, byteOffset, byteLength } = asked.bytes;
    const bytes = Buffer.from(buffer, byteOffset, byteLength);
    found = SPELLINGS.some((text) => bytes.includes(text)) && hasHourMarker(JSON.parse(bytes.toString()));
    known.set(asked, found);
  }
  return found;
}

function hasHourMarker(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if ('ttl' in value && value.ttl === '1h') return true;
  return Object.values(value).some(hasHourMarker);
}
