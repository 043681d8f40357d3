import { describe, expect, test } from '@jest/globals';
import { facts as factsSchema, price as priceSchema, PROVIDERS } from '../../../functions/contract/index.ts';
import { CATALOGUE, CATALOGUE_VERSION, factsFor, lookup, priceFor } from '../../../functions/core/money/catalogue.ts';

const day = /^\d{4}-\d{2}-\d{2}$/;

describe('every row', () => {
  test.each(CATALOGUE.map((row) => [`${row.provider}/${row.upstreamModel}`, row] as const))('%s says where and when its values were read, and holds only legal ones', (_, row) => {
    expect(PROVIDERS).toContain(row.provider);
    expect(new URL(row.source).protocol).toBe('https:');
    expect(row.date).toMatch(day);
    expect(new Date(`${row.date}T00:00:00Z`).toISOString().slice(0, 10)).toBe(row.date);
    expect(row.date <= CATALOGUE_VERSION.replace('catalogue-', '')).toBe(true);
    factsSchema.parse(row.facts);
    if (row.price === undefined) return;
    priceSchema.parse(row.price);
    const { tiers: _factors, ...prices } = row.price;
    for (const usd of Object.values(prices)) expect(usd).toBe(Math.round(usd * 1e6) / 1e6);
    // Embeddings have no output.
    if (row.facts.embeddings === true) expect(row.price.output).toBe(0);
    else expect(row.price.output).toBeGreaterThanOrEqual(row.price.input);
    expect(row.price.cacheRead ?? 0).toBeLessThanOrEqual(row.price.input);
    expect(row.price.input).toBeGreaterThan(0);
  });
  test('is there once, and the version is a day', () => {
    expect(new Set(CATALOGUE.map((row) => `${row.provider}/${row.upstreamModel}`)).size).toBe(CATALOGUE.length);
    expect(CATALOGUE.length).toBeGreaterThan(10);
    expect(CATALOGUE_VERSION.replace('catalogue-', '')).toMatch(day);
  });
  test('stays itself when looked up, with or without the day of a snapshot', () => {
    for (const row of CATALOGUE) {
      for (const suffix of ['', '-20250929', '-2025-08-07', '-latest']) expect(lookup(row.provider, `${row.upstreamModel}${suffix}`)?.upstreamModel).toBe(row.upstreamModel);
    }
  });
});

describe('look-up', () => {
  const priced = CATALOGUE.find((row) => row.price !== undefined);
  if (priced?.price === undefined) throw new Error('no priced row');
  const { provider, upstreamModel, price } = priced;

  test.each([['-2025'], ['-20250929x'], ['-v2'], ['-mini'], ['-2025-8-7'], ['-latest-latest']])('%s is no snapshot day: another model, of which nothing is known', (suffix) => {
    expect(lookup(provider, `${upstreamModel}${suffix}`)).toBeUndefined();
  });
  test('a name belongs to its provider', () => {
    expect(lookup('ollama', upstreamModel)).toBeUndefined();
    expect(priceFor('ollama', upstreamModel, undefined)).toBeNull();
  });
  test('unknown is unpriced (null, never 0), and its facts are only the operator’s', () => {
    expect(priceFor('openai', 'no-such-model', undefined)).toBeNull();
    expect(factsFor('openai', 'no-such-model', undefined)).toEqual({});
    expect(factsFor('openai', 'no-such-model', { vision: false })).toEqual({ vision: false });
    const unpriced = CATALOGUE.find((row) => row.price === undefined);
    if (unpriced !== undefined) expect(priceFor(unpriced.provider, unpriced.upstreamModel, undefined)).toBeNull();
  });
  test('the operator’s price wins whole, a price of 0 too, and is marked as his', () => {
    expect(priceFor(provider, upstreamModel, { input: 3, output: 9 })).toEqual({ version: expect.stringContaining('override'), input: 3e6, cacheRead: 3e6, cacheWrite5m: 3e6, cacheWrite1h: 4.8e6, output: 9e6 });
    expect(priceFor(provider, upstreamModel, { input: 0, output: 0 })).toMatchObject({ input: 0, output: 0 });
    expect(priceFor('openai', 'no-such-model', { input: 0.000001, output: 1 })).toMatchObject({ input: 1, output: 1e6 });
  });
  test('the catalogue’s price is in whole micro-USD and names its version', () => {
    const found = priceFor(provider, upstreamModel, undefined);
    expect(found).toMatchObject({ version: CATALOGUE_VERSION, input: Math.round(price.input * 1e6), output: Math.round(price.output * 1e6) });
    for (const row of CATALOGUE) for (const value of Object.values(priceFor(row.provider, row.upstreamModel, undefined) ?? {})) expect(typeof value === 'string' || Number.isSafeInteger(value)).toBe(true);
  });
  test('the operator’s facts override one by one', () => {
    const known = lookup(provider, upstreamModel)?.facts;
    expect(factsFor(provider, upstreamModel, { contextWindow: 1_234 })).toEqual({ ...known, contextWindow: 1_234 });
    expect(factsFor(provider, upstreamModel, undefined)).toEqual(known);
  });
});
