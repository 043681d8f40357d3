import { StoreError } from './port.ts';

/** Opaque text of a position. It never carries a partition: that comes from the query alone, so a cursor opens no other one. */
export const encodeCursor = (position: readonly (string | number)[]): string => Buffer.from(JSON.stringify(position)).toString('base64url');

/** The position of a cursor with these parts. Throws `StoreError('invalid')` for any other text. */
export function decodeCursor(cursor: string, kinds: readonly ('string' | 'number')[]): (string | number)[] {
  let position: unknown;
  try {
    position = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    position = undefined;
  }
  const isGood = Array.isArray(position) && position.length === kinds.length && kinds.every((kind, i) => typeof (position as unknown[])[i] === kind);
  if (!isGood) throw new StoreError('invalid', 'the cursor is not one of ours');
  return position as (string | number)[];
}
