import { asBuffer } from '../core/dialects/json-scan.ts';
import type { Asked } from './read.ts';

const known = new WeakMap<Asked, boolean>();

/**
 * Whether a cache marker of the body asks for an hour (`"ttl":"1h"`, wherever it stands): then a token may be written at the
 * price of that. Bodies without such a text, almost all, are not looked at again; the others once per request.
 */
export function writesForAnHour(asked: Asked): boolean {
  if (!asked.scan.mayReadHour) return false;
  let found = known.get(asked);
  if (found === undefined) known.set(asked, (found = hasHourMarker(JSON.parse(asBuffer(asked.bytes).toString()))));
  return found;
}

function hasHourMarker(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if ('ttl' in value && value.ttl === '1h') return true;
  return Object.values(value).some(hasHourMarker);
}
