import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checksumOf, readArtifact, type StoredArtifact } from '../../../../functions/core/routing/classifier/artifact.ts';
import { denseAt } from '../../../../functions/core/routing/classifier/dense-features.ts';

const root = join(import.meta.dirname, '../../../..');
const text = readFileSync(join(root, 'functions/core/routing/classifier/prior-artifact.json'), 'utf8');
const stored = JSON.parse(text) as StoredArtifact;
/** A change that somebody made on purpose, with its checksum. */
const signed = (change: Partial<StoredArtifact>): StoredArtifact => ({ ...stored, ...change, sha256: checksumOf({ ...stored, ...change }) });

describe('the committed artifact', () => {
  test('is at most 200 KiB, and the one its card speaks of', () => {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(200 * 1_024);
    const card = readFileSync(join(root, 'docs/model-card.md'), 'utf8');
    expect(card).toContain(`# Model card: the routing prior ${stored.id}\n`);
    expect(card).toContain(`\`${stored.sha256}\`, ${text.length} bytes`);
    expect(stored.id).toMatch(/^prior-\d{4}-\d{2}-\d{2}$/);
    expect(checksumOf(stored)).toBe(stored.sha256);
  });

  test('is read: every part of the shape that scoring needs', () => {
    const artifact = readArtifact(stored);
    expect(artifact.words.map(({ length }) => length)).toEqual([65_536, 65_536, 65_536]);
    expect(artifact.words.every((table) => table.some((weight) => weight !== 0))).toBe(true);
    expect(artifact.needOfDense[denseAt('design')]).toBeGreaterThan(0);
  });
});

describe('an artifact is refused with what is wrong with it', () => {
  test.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /cannot be used: its features are of version undefined/],
    ['another version of the features', { ...stored, featuresVersion: 1 }, /version 1, not 2/],
    ['other features', signed({ dense: stored.dense.toReversed() }), /dense features are not those/],
    ['a head too few', signed({ heads: stored.heads.slice(1) }), /heads are not small, mid, frontier/],
    ['one weight changed', { ...stored, heads: stored.heads.map((head) => ({ ...head, bias: head.bias + 0.00001 })) }, /checksum/],
    ['one letter of the words changed', { ...stored, words: { ...stored.words, weights: `A${stored.words.weights.slice(1)}B` } }, /checksum/],
    ['another id', { ...stored, id: 'prior-2020-01-01' }, /checksum/],
    ['no checksum', { ...stored, sha256: undefined }, /checksum/],
    ['words cut short', signed({ words: { ...stored.words, weights: stored.words.weights.slice(0, 400) } }), /tables are not of the right length/],
    ['a bitmap cut short', signed({ known: stored.known.slice(0, 400) }), /tables are not of the right length/],
    ['a number that is none', signed({ novelFrom: Number.NaN }), /one of its numbers is none/],
    ['a number that is a word', signed({ need: { offset: 'x' as unknown as number, slopes: stored.need.slopes } }), /one of its numbers is none/],
    ['weights of a feature missing', signed({ heads: stored.heads.map((head) => ({ ...head, weights: head.weights.slice(1) })) }), /one weight for each feature/],
    ['no words', { ...stored, words: null }, /a part of it is missing/],
    ['heads that are none', { ...stored, heads: [null, null, null] }, /a part of it is missing/],
    ['a table that is a list', { ...stored, known: [1, 2] }, /a part of it is missing/],
  ])('%s', (_what, artifact, message) => {
    expect(() => readArtifact(artifact as StoredArtifact)).toThrow(message);
  });
});
