const LAST = 0x10ffff;

/**
 * The first string, in UTF-8 byte order, after all strings that start with `prefix`; undefined when there is none (an
 * empty prefix). Code points and UTF-8 bytes sort alike, and surrogates are no code points of a string.
 */
export function endOfPrefix(prefix: string): string | undefined {
  const points = [...prefix];
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) ?? 0;
    if (point < LAST) return points.join('') + String.fromCodePoint(point === 0xd7ff ? 0xe000 : point + 1);
  }
  return undefined;
}
