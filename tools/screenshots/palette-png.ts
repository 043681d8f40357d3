import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const MOST_COLOURS = 256;

/** Rows from the top, pixels from the left, three bytes each (red, green, blue). */
export interface Picture { readonly width: number; readonly height: number; readonly pixels: Buffer }

/**
 * A PNG of 8 bits per channel, with or without alpha and not interlaced (what browsers write), as the same picture with at
 * most 256 colours: a page is drawn in few, so that it looks the same and weighs a third. Up to 256 colours nothing changes
 * at all. Throws for any other kind of PNG.
 */
export function withPalette(png: Buffer): Buffer {
  return writePalettePng(readPng(png));
}

/** Throws for anything but 8 bits per channel of red, green and blue without interlacing; an alpha channel is left out. */
export function readPng(png: Buffer): Picture {
  const parts: Buffer[] = [];
  let header: Buffer | undefined;
  for (let at = SIGNATURE.length; at < png.length;) {
    const length = png.readUInt32BE(at);
    const kind = png.toString('latin1', at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (kind === 'IHDR') header = body;
    if (kind === 'IDAT') parts.push(body);
    at += length + 12;
  }
  const channels = { 2: 3, 6: 4 }[header?.[9] ?? -1];
  if (header === undefined || channels === undefined || header[8] !== 8 || header[12] !== 0) throw new Error('not a PNG as browsers write it');
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  return { width, height, pixels: unfilter({ data: inflateSync(Buffer.concat(parts)), width, height, channels }) };
}

interface Filtered { readonly data: Buffer; readonly width: number; readonly height: number; readonly channels: number }

/** Undoes the filter of every row (PNG specification, section 9). */
function unfilter({ data, width, height, channels }: Filtered): Buffer {
  const stride = width * channels;
  const pixels = Buffer.alloc(width * height * 3);
  let above = Buffer.alloc(stride);
  for (let y = 0; y < height; y += 1) {
    const filter = data[y * (stride + 1)] ?? 0;
    const row = Buffer.from(data.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1)));
    for (let x = 0; x < stride; x += 1) {
      const [left, up, corner] = [x < channels ? 0 : row[x - channels] ?? 0, above[x] ?? 0, x < channels ? 0 : above[x - channels] ?? 0];
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
      row[x] = ((row[x] ?? 0) + guess) & 0xff;
    }
    for (let x = 0; x < width; x += 1) row.copy(pixels, (y * width + x) * 3, x * channels, x * channels + 3);
    above = row;
  }
  return pixels;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

function writePalettePng({ width, height, pixels }: Picture): Buffer {
  const counts = new Map<number, number>();
  for (let at = 0; at < pixels.length; at += 3) {
    const colour = pixels.readUIntBE(at, 3);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const palette = paletteOf(counts);
  const index = new Map<number, number>();
  for (const colour of counts.keys()) index.set(colour, nearest(palette, colour));
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) rows[y * (width + 1) + 1 + x] = index.get(pixels.readUIntBE((y * width + x) * 3, 3)) ?? 0;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const colours = Buffer.alloc(palette.length * 3);
  for (const [at, colour] of palette.entries()) colours.writeUIntBE(colour, at * 3, 3);
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('PLTE', colours), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(kind: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(kind, 'latin1'), body]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(body.length, 0);
  ends.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
}

const channel = (colour: number, which: number): number => (colour >> (16 - 8 * which)) & 0xff;

/** Median cut: the box of colours that is widest by its pixels is halved until there are enough; a box becomes its most frequent colour, so that plain areas keep theirs exactly. */
function paletteOf(counts: ReadonlyMap<number, number>): number[] {
  let boxes: number[][] = [[...counts.keys()]];
  while (boxes.length < Math.min(MOST_COLOURS, counts.size)) {
    const measured = boxes.map((box) => ({ box, ...widest(box, counts) })).toSorted((a, b) => b.weight - a.weight);
    const [first, ...others] = measured;
    if (first === undefined || first.box.length < 2) break;
    const sorted = first.box.toSorted((a, b) => channel(a, first.which) - channel(b, first.which));
    const middle = sorted.length >> 1;
    boxes = [...others.map(({ box }) => box), sorted.slice(0, middle), sorted.slice(middle)];
  }
  return boxes.map((box) => box.reduce((best, colour) => ((counts.get(colour) ?? 0) > (counts.get(best) ?? 0) ? colour : best)));
}

function widest(box: readonly number[], counts: ReadonlyMap<number, number>): { readonly which: number; readonly weight: number } {
  const widths = [0, 1, 2].map((which) => box.reduce(([least, most], colour) => [Math.min(least, channel(colour, which)), Math.max(most, channel(colour, which))] as const, [255, 0] as readonly [number, number])).map(([least, most]) => most - least);
  const width = Math.max(...widths);
  const pixels = box.reduce((sum, colour) => sum + (counts.get(colour) ?? 0), 0);
  return { which: widths.indexOf(width), weight: box.length < 2 ? -1 : width * Math.sqrt(pixels) };
}

function nearest(palette: readonly number[], colour: number): number {
  let [best, least] = [0, Infinity];
  for (const [at, candidate] of palette.entries()) {
    const distance = [0, 1, 2].reduce((sum, which) => sum + (channel(candidate, which) - channel(colour, which)) ** 2, 0);
    if (distance < least) [best, least] = [at, distance];
  }
  return best;
}
