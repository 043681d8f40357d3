import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { newKey } from '../../../functions/core/keys/virtual-key.ts';
import { scrub } from '../../../functions/adapters/providers/scrub.ts';

const hex = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((b) => Buffer.from(b).toString('hex'));
const base64 = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((b) => Buffer.from(b).toString('base64'));
const base64url = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((b) => Buffer.from(b).toString('base64url'));
const alnum = (length: number) => fc.stringMatching(new RegExp(`^[A-Za-z0-9]{${length}}$`));
const upper = (length: number) => fc.stringMatching(new RegExp(`^[A-Z0-9]{${length}}$`));

/** Secrets, addresses and account ids as providers write them; each is the part that must not survive. */
const planted = fc.oneof(
  alnum(20).map((s) => `sk-${s}`),
  alnum(24).map((s) => `sk-proj-${s}`),
  base64url(30).map((s) => `sk-ant-api03-${s}`),
  alnum(24).map((s) => `gsk_${s}`),
  alnum(24).map((s) => `xai-${s}`),
  fc.constant('').map(() => newKey('live', randomBytes).key),
  alnum(30).map((s) => `bsga_${s}`),
  upper(16).map((s) => `AKIA${s}`),
  upper(16).map((s) => `ASIA${s}`),
  alnum(35).map((s) => `AIza${s}`),
  base64url(12).map((s) => `Bearer ${s}`),
  base64url(12).map((s) => `bearer: ${s}`),
  base64(24), base64(33), base64url(32), hex(16), hex(32),
  alnum(24).map((s) => `org-${s}`),
  alnum(16).map((s) => `acct_${s}`),
  alnum(16).map((s) => `proj_${s}`),
  fc.stringMatching(/^[0-9]{12}$/),
  fc.uuid(),
  alnum(8).map((s) => `https://api.${s.toLowerCase()}.com/v1?key=${s}`),
  alnum(8).map((s) => `http://10.1.2.3:8080/${s}`),
  alnum(8).map((s) => `wss://user:${s}@host/x`),
  alnum(8).map((s) => `r${s.toLowerCase()}.openai.azure.com/openai/deployments/x`),
  fc.stringMatching(/^[0-9]{12}$/).map((s) => `arn:aws:bedrock:us-east-1:${s}:model/x`),
);
const border = fc.constantFrom(' ', '"', "'", '`', '(', ')', ', ', ': ', '=', '\n', '\t', '<', '>', '[', ']', '; ', '\u200b', '\u0007');
const filler = fc.constantFrom('', 'Incorrect key', 'the model', 'limit 10000 reached for', 'is invalid.', '한국어 오류', '🔑');

test('a planted credential, address or account id never survives, wherever it stands', () => {
  fc.assert(fc.property(filler, border, planted, border, filler, (before, left, secret, right, after) => {
    const clean = scrub(`${before}${left}${secret}${right}${after}`);
    expect(clean).not.toContain(secret);
    // Neither does any long piece of it: the halves, and each of its tokens.
    for (const piece of [secret.slice(0, secret.length / 2), secret.slice(secret.length / 2), ...secret.split(/[^A-Za-z0-9+/=_-]+/)]) {
      if (piece.length >= 12) expect(clean).not.toContain(piece);
    }
  }), { numRuns: 1_000 });
});

test('a secret is not halved into safety by the cut at the end', () => {
  fc.assert(fc.property(planted, fc.integer({ min: 0, max: 100 }), (secret, offset) => {
    const clean = scrub(`${'x '.repeat(1_024 - offset / 2)}${secret}`);
    expect(clean).not.toContain(secret.slice(0, 12));
  }));
});

test('what an invisible character splits is still found', () => {
  expect(scrub('key sk-\u200babcdefghijklmnop')).toBe('key [redacted]');
  expect(scrub('key\u2060sk-abcdefgh is wrong')).toBe('[redacted] is wrong');
  expect(scrub('Bearer\u0000abcdefgh')).toBe('[redacted]');
  expect(scrub('two\u0007words\r\nand lines')).toBe('two words \nand lines');
});

describe('what tells a caller something stays', () => {
  test.each([
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 130172 tokens. Please reduce the length of the messages.",
    'prompt is too long: 210331 tokens > 200000 maximum',
    "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
    "Invalid 'messages[3].content[0].image_url': expected a base64-encoded image.",
    'The model `claude-sonnet-4-5-20250929` does not exist or you do not have access to it.',
    'messages.2: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_01A',
    'tools.0.custom.name: get_weather_for_the_current_location is used twice',
    'max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens',
    'Rate limit reached for gpt-5-mini on tokens per min (TPM): Limit 200000, Used 199500. Please try again in 12ms.',
    'user_defined_function and task-force and disk-full are plain words, e.g. organization owners',
    '요청이 너무 깁니다.',
    'Invalid JSON: line 3\n\tcolumn 7',
  ])('%s', (text) => {
    expect(scrub(text)).toBe(text);
  });
});

test('organisation and account ids of real-looking messages go', () => {
  expect(scrub('Rate limit reached for gpt-5 in organization org-Ab12Cd34 on requests per min. Visit https://platform.openai.com/account/rate-limits to learn more.'))
    .toBe('Rate limit reached for gpt-5 in organization [redacted] on requests per min. Visit [redacted] to learn more.');
  expect(scrub('User: arn:aws:iam::123456789012:user/x is not authorized')).toBe('User: [redacted] is not authorized');
  expect(scrub('dial tcp 10.0.3.4:8080: connection refused')).toBe('dial tcp [redacted]: connection refused');
});

test('the result is at most 2 KiB of UTF-8, cut between characters, and well formed', () => {
  fc.assert(fc.property(fc.constantFrom('가', '🔑', 'é', 'a ', '\ud83d '), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 5, max: 60 }), (unit, lead, limit) => {
    const clean = scrub('b'.repeat(lead) + unit.repeat(200), limit);
    expect(Buffer.byteLength(clean)).toBeLessThanOrEqual(limit);
    expect(Buffer.byteLength(clean)).toBeGreaterThan(limit - 8);
    expect(clean.isWellFormed()).toBe(true);
    expect(clean.endsWith('…')).toBe(true);
  }));
  expect(Buffer.byteLength(scrub('한 '.repeat(4_000)))).toBeLessThanOrEqual(2_048);
  expect(scrub('a '.repeat(1_024))).toHaveLength(2_048);
});

test('64 KiB of the worst text takes time in proportion, not more', () => {
  for (const unit of ['a', 'a.', 'a-', '1.', 'sk', 'Bearer ', 'http', 'a:', ':', '[', '-', '_', 'org-', 'user-a', '0', ' ', '\n', 'api key', 'x@', '/']) {
    const started = performance.now();
    scrub(unit.repeat(65_536 / unit.length));
    expect(performance.now() - started).toBeLessThan(2_000);
  }
});
