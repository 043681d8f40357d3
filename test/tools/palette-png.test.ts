import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { readPng, withPalette } from '../../tools/screenshots/palette-png.ts';

const WIDTH = 37;
const HEIGHT = 23;

function chunk(kind: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(kind, 'latin1'), body]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(body.length, 0);
  ends.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
}

/** A PNG of such bytes a pixel, every row with another filter. */
function png(pixels: Buffer, channels: 3 | 4): Buffer {
  const stride = WIDTH * channels;
  const rows = Array.from({ length: HEIGHT }, (_, y) => {
    const row = pixels.subarray(y * stride, (y + 1) * stride);
    const above = y === 0 ? Buffer.alloc(stride) : pixels.subarray((y - 1) * stride, y * stride);
    const filter = y % 5;
    const filtered = row.map((value, x) => {
      const [left, up, corner] = [x < channels ? 0 : row[x - channels] ?? 0, above[x] ?? 0, x < channels ? 0 : above[x - channels] ?? 0];
      const p = left + up - corner;
      const nearest = [left, up, corner].toSorted((a, b) => Math.abs(p - a) - Math.abs(p - b))[0] ?? 0;
      return value - ([0, left, up, Math.floor((left + up) / 2), nearest][filter] ?? 0);
    });
    return Buffer.concat([Buffer.from([filter]), filtered]);
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  header.set([8, channels === 3 ? 2 : 6, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.concat(rows))), chunk('IEND', Buffer.alloc(0))]);
}

/** The colours of a PNG with a palette and no filters. */
function colours(file: Buffer): number[] {
  const find = (kind: string): Buffer => {
    const at = file.indexOf(kind, 8, 'latin1');
    return file.subarray(at + 4, at + 4 + file.readUInt32BE(at - 4));
  };
  const [palette, rows] = [find('PLTE'), inflateSync(find('IDAT'))];
  return Array.from({ length: WIDTH * HEIGHT }, (_, at) => palette.readUIntBE((rows[Math.floor(at / WIDTH) * (WIDTH + 1) + 1 + (at % WIDTH)] ?? 0) * 3, 3));
}

describe.each([[3], [4]] as const)('a PNG of %d bytes a pixel', (channels) => {
  const few = Buffer.from(Array.from({ length: WIDTH * HEIGHT }, (_, at) => [(at * 7) % 200 === 0 ? 255 : at % 5, at % 3, 40, 255].slice(0, channels)).flat());
  const many = Buffer.from(Array.from({ length: WIDTH * HEIGHT }, (_, at) => [at % 256, (at * 3) % 256, (at >> 2) % 256, 255].slice(0, channels)).flat());

  test('is read as it is, whatever its filters', () => {
    const { width, height, pixels } = readPng(png(many, channels));
    expect([width, height]).toEqual([WIDTH, HEIGHT]);
    expect(Array.from({ length: WIDTH * HEIGHT }, (_, at) => pixels.readUIntBE(at * 3, 3))).toEqual(Array.from({ length: WIDTH * HEIGHT }, (_, at) => many.readUIntBE(at * channels, 3)));
  });

  test('keeps every pixel while it has at most 256 colours', () => {
    expect(colours(withPalette(png(few, channels)))).toEqual(Array.from({ length: WIDTH * HEIGHT }, (_, at) => few.readUIntBE(at * channels, 3)));
  });

  test('with more colours is 256 of its own, each near the one it stands for', () => {
    const shown = colours(withPalette(png(many, channels)));
    const own = Array.from({ length: WIDTH * HEIGHT }, (_, at) => many.readUIntBE(at * channels, 3));
    expect(new Set(shown).size).toBeLessThanOrEqual(256);
    expect(shown.every((colour) => own.includes(colour))).toBe(true);
    const apart = shown.map((colour, at) => Math.max(...[16, 8, 0].map((shift) => Math.abs(((colour >> shift) & 255) - (((own[at] ?? 0) >> shift) & 255)))));
    expect(Math.max(...apart)).toBeLessThan(40);
  });
});

test('another kind of PNG is refused', () => {
  const file = png(Buffer.alloc(WIDTH * HEIGHT * 3), 3);
  file[24] = 16;
  expect(() => readPng(file)).toThrow('not a PNG as browsers write it');
});
