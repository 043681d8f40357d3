/** Units that are loaded at once: even, and few enough that no count of them needs more than 15 bits. */
export const CHUNK = 16_384;
const scratch = Buffer.alloc(2 * CHUNK);

/** The UTF-16 units loaded last. Asking a long string for its units one by one takes several times as long as copying and reading them. */
export const units = new Uint16Array(scratch.buffer, scratch.byteOffset, CHUNK);
/** The same, two at a time. */
export const unitPairs = new Uint32Array(scratch.buffer, scratch.byteOffset, CHUNK / 2);

/** Loads the units of `text` from `from` on, at most `CHUNK` of them; an odd number is followed by a 0. Returns how many. Overwrites what was loaded before. */
export function loadUnits(text: string, from: number): number {
  const bytes = scratch.write(from === 0 && text.length <= CHUNK ? text : text.slice(from, from + CHUNK), 0, 'utf16le');
  if (bytes % 4 !== 0) scratch.fill(0, bytes, bytes + 2);
  return bytes / 2;
}
