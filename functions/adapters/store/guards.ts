import type { Guard, Value } from './port.ts';

/**
 * Whether all guards hold on a stored item. `read` gives one attribute's stored value (undefined = missing); on a missing
 * item it always gives undefined. A missing attribute counts as 0 for `atMost` and `atLeast`; a value that is no number
 * satisfies neither, as in DynamoDB, whose comparisons never hold across types.
 */
export function guardsHold(guards: readonly Guard[], exists: boolean, read: (attr: string) => Value | undefined): boolean {
  for (const guard of guards) if (!guardHolds(guard, exists, read)) return false;
  return true;
}

function guardHolds(guard: Guard, exists: boolean, read: (attr: string) => Value | undefined): boolean {
  if (!('attr' in guard)) return 'absent' in guard ? !exists : exists;
  const value = read(guard.attr);
  if ('absent' in guard) return value === undefined;
  if ('present' in guard) return value !== undefined;
  if ('equals' in guard) return value === guard.equals;
  const number = value ?? (value === undefined ? 0 : undefined);
  if (typeof number !== 'number') return false;
  return 'atMost' in guard ? number <= guard.atMost : number >= guard.atLeast;
}
