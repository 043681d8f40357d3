import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { DIMENSIONS, type Dims, type Groups } from '../../core/usage/groups.ts';
import type { StoredTally } from '../../core/usage/tally.ts';
import { StoreError } from './port.ts';

/** Places in the list of names for all dimensions, then the sums, then both histograms. */
type TextRow = readonly [dims: readonly number[], sums: readonly number[], latency: readonly number[], ttft: readonly number[]];
interface Text { readonly v: 1; readonly names: readonly string[]; readonly rows: readonly TextRow[] }

/** Shorter texts gain nothing from compression. */
const COMPRESS_OVER = 1_500;
/** Of one item, well under the 400 KB that a store takes. */
const MAX_CHARS = 300_000;
/** An atomic batch takes 4 MB. */
const MAX_PARTS = 12;

/**
 * Groups as texts for as many items as they need: equal groups always give equal texts. None for no groups. Throws
 * `StoreError('invalid')` past about 40,000 groups in one bucket.
 */
export function encodeGroups(groups: Groups): string[] {
  return groups.size === 0 ? [] : parts(groups.sorted(), 1);
}

/** An item takes 400 KB with its groups. */
const MAX_WITH_VIEWS = 350_000;

/**
 * The same groups along each dimension alone, which is all that a question without filters needs: a fraction of the
 * whole. undefined where that would not fit beside the groups.
 */
export function encodeViews(groups: Groups, texts: readonly string[]): Record<string, string> | undefined {
  if (texts.length !== 1) return undefined;
  let size = texts[0]?.length ?? 0;
  const views: Record<string, string> = {};
  for (const dimension of DIMENSIONS) {
    const text = encode(groups.along(dimension).sorted());
    size += text.length;
    views[dimension] = text;
  }
  return size > MAX_WITH_VIEWS ? undefined : views;
}

function parts(all: ReturnType<Groups['sorted']>, count: number): string[] {
  if (count > MAX_PARTS) throw new StoreError('invalid', 'a bucket has too many groups');
  const size = Math.ceil(all.length / count);
  const texts = Array.from({ length: count }, (_, i) => encode(all.slice(i * size, (i + 1) * size)));
  return texts.some((text) => text.length > MAX_CHARS) ? parts(all, count + 1) : texts;
}

function encode(rows: ReturnType<Groups['sorted']>): string {
  const places = new Map<string, number>();
  const placeOf = (name: string): number => {
    const place = places.get(name) ?? places.size;
    places.set(name, place);
    return place;
  };
  const coded = rows.map(({ dims, stored: { sums, latency, ttft } }): TextRow => [dims.map(placeOf), sums, latency, ttft]);
  const text = JSON.stringify({ v: 1, names: [...places.keys()], rows: coded } satisfies Text);
  return text.length < COMPRESS_OVER ? text : deflateRawSync(text).toString('base64');
}

/** Gives each group of a text to `each`. Throws `StoreError('invalid')` for a text of a newer version. */
export function decodeGroups(text: string, each: (dims: Dims, stored: StoredTally) => void): void {
  const { v, names, rows } = JSON.parse(text.startsWith('{') ? text : inflateRawSync(Buffer.from(text, 'base64')).toString('utf8')) as Text;
  if (v !== 1) throw new StoreError('invalid', 'this roll-up was written by a newer version');
  for (const [dims, sums, latency, ttft] of rows) each(dims.map((place) => names[place] ?? ''), { sums, latency, ttft });
}
