import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Conversation, Dialect, Part, Turn } from '../../../functions/core/conversation.ts';
import { codecs } from '../../../functions/core/dialects/dialect.ts';
import { GatewayError } from '../../../functions/core/errors.ts';
import { full } from '../../support/full.ts';

const DIALECTS: readonly Dialect[] = ['openai-chat', 'openai-responses', 'anthropic-messages'];
const PAIRS = DIALECTS.flatMap((from) => DIALECTS.map((to) => [from, to] as const));
const TARGET = { upstreamModel: 'up', facts: { maxOutput: 4_096 }, streamUsage: true };

const said = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.trim() !== '' && text.trimEnd() === text);
const bytes = fc.uint8Array({ minLength: 1, maxLength: 12 }).map((array) => Buffer.from(array).toString('base64'));
const text = said.map((words): Part => ({ type: 'text', text: words }));
const image = fc.oneof(
  bytes.map((base64): Part => ({ type: 'image', mediaType: 'image/png', base64 })),
  fc.nat().map((n): Part => ({ type: 'image', url: `https://example.com/${n}.png` })),
);
const document = fc.oneof(
  bytes.map((base64): Part => ({ type: 'document', mediaType: 'application/pdf', base64, name: 'a.pdf' })),
  said.map((words): Part => ({ type: 'document', mediaType: 'text/plain', text: words, name: 'notes' })),
);
const audio = bytes.map((base64): Part => ({ type: 'audio', format: 'wav', base64 }));
const unknown = fc.nat(9).map((n): Part => ({ type: 'unknown', kind: 'brand_new', raw: { type: 'brand_new', n } }));
const reasoning = fc.oneof(fc.record({ type: fc.constant('reasoning' as const), text: said, signature: fc.constant('c2ln') }), fc.constant<Part>({ type: 'reasoning', text: '', redacted: 'cmVk' }));
const refusal = said.map((words): Part => ({ type: 'refusal', text: words }));
const question = (withAudio: boolean) => fc.array(fc.oneof({ weight: 3, arbitrary: text }, image, document, unknown, ...(withAudio ? [audio] : [])), { minLength: 1, maxLength: 4 });
const step = fc.record({
  ask: question(true), interjection: fc.option(text, { nil: undefined }), thought: fc.option(reasoning, { nil: undefined }), comment: fc.option(fc.oneof(text, refusal), { nil: undefined }),
  calls: fc.array(fc.record({ args: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.jsonValue({ maxDepth: 1 })), results: fc.array(fc.oneof(text, image), { maxLength: 3 }), failed: fc.boolean() }), { maxLength: 3 }),
});
const dialogue = fc.tuple(fc.array(step, { minLength: 1, maxLength: 3 }), said);
type Dialogue = typeof dialogue extends fc.Arbitrary<infer T> ? T : never;

/** A valid conversation in the neutral shape, as its dialect would have been read. */
function conversation(dialect: Dialect, [steps, last]: Dialogue): Conversation {
  let id = 0;
  const turns = steps.flatMap(({ ask, interjection, thought, comment, calls }): Turn[] => {
    const made = calls.map((call) => ({ ...call, id: `call_${id++}` }));
    const spoken: Part[] = [...(thought && dialect === 'anthropic-messages' ? [thought] : []), comment ?? { type: 'text', text: 'so' }, ...made.map((call): Part => ({ type: 'tool-call', id: call.id, name: 'f', arguments: JSON.stringify(call.args) }))];
    return [
      { role: 'user', parts: [{ type: 'text', text: 'here' }, ...ask] }, { role: 'assistant', parts: spoken },
      ...(made.length === 0 ? [] : [{ role: 'user' as const, parts: made.map((call): Part => ({ type: 'tool-result', id: call.id, content: call.results, ...(call.failed && { isError: true }) })) }, { role: 'assistant' as const, parts: [{ type: 'text' as const, text: 'done' }] }]),
      ...(interjection ? [{ role: 'system' as const, parts: [interjection] }] : []),
    ];
  });
  return {
    dialect, model: 'auto', stream: false, includeUsage: false, system: [{ type: 'text', text: 'be kind' }], turns: [...turns, { role: 'user', parts: [{ type: 'text', text: last }] }],
    tools: [{ name: 'f', schema: { type: 'object', properties: {} } }], metadata: {}, extras: {},
  };
}

const every = (parts: readonly Part[]): Part[] => parts.flatMap((part) => (part.type === 'tool-result' ? [part, ...every(part.content)] : [part]));
const partsOf = ({ turns }: Conversation): Part[] => turns.flatMap((turn) => every(turn.parts));
const picture = (part: Part): string => (part.type === 'image' ? part.base64 ?? part.url ?? '' : '');
/** Calls and results, in their order; everything that is seen, as a set; everything that was said, as one text. */
function gist(parts: readonly Part[]): { order: unknown[]; seen: string[]; words: string } {
  return {
    order: parts.flatMap((part): unknown[] => (part.type === 'tool-call' ? [['call', part.id, part.name, JSON.parse(part.arguments) as unknown]] : part.type === 'tool-result' ? [['result', part.id]] : [])),
    seen: parts.flatMap((part) => (part.type === 'image' ? [`image ${picture(part)}`] : part.type === 'document' && part.base64 !== undefined ? [`document ${part.base64}`] : part.type === 'audio' ? [`audio ${part.base64}`] : [])).toSorted(),
    words: parts.map((part) => (part.type === 'text' || part.type === 'refusal' || part.type === 'document' ? part.text ?? '' : '')).join('\n'),
  };
}

describe('a random valid conversation with every kind of part', () => {
  test.each(PAIRS)('%s written as %s: calls, results, pictures, documents, sounds and words are all there, in order', (from, to) => {
    const met = new Map<string, number>();
    let compared = 0;
    fc.assert(fc.property(dialogue, (one) => {
      const asked = conversation(from, one);
      for (const { type } of partsOf(asked)) met.set(type, (met.get(type) ?? 0) + 1);
      let written;
      try {
        written = codecs[to].writeRequest(asked, TARGET);
      } catch (error) {
        // The one thing that cannot be said everywhere: sounds.
        if (!(error instanceof GatewayError) || error.failure.status !== 400) throw error;
        expect([to, partsOf(asked).some(({ type }) => type === 'audio')]).toEqual(['anthropic-messages', true]);
        return;
      }
      compared += 1;
      const got = gist(partsOf(codecs[to].readRequest(JSON.parse(JSON.stringify(written.body)) as unknown)));
      const want = gist(partsOf(asked));
      expect(got.order).toEqual(want.order);
      expect(got.seen).toEqual(want.seen);
      // Every word in its order; translations may add markers of their own between.
      let place = 0;
      for (const word of partsOf(asked).flatMap((part) => ((part.type === 'text' || part.type === 'refusal') && part.text.trim() !== '' ? [part.text] : []))) {
        const found = got.words.indexOf(word, place);
        expect([word, found >= 0 || got.words.includes(word)]).toEqual([word, true]);
        if (found >= 0) place = found;
      }
      for (const part of partsOf(asked)) if (part.type === 'document' && part.text !== undefined) expect(got.words).toContain(part.text);
      const { dropped } = written.disclosures;
      if (from !== to && partsOf(asked).some(({ type }) => type === 'unknown')) expect(dropped).toContain('brand_new');
      if (from !== to && partsOf(asked).some(({ type }) => type === 'reasoning')) expect(dropped).toContain('thinking');
    }), { numRuns: full(1_000) });
    const kinds = ['text', 'image', 'document', 'audio', 'tool-call', 'tool-result', 'refusal', 'unknown', ...(from === 'anthropic-messages' ? ['reasoning'] : [])];
    for (const kind of kinds) expect([kind, (met.get(kind) ?? 0) > 10]).toEqual([kind, true]);
    expect(compared).toBeGreaterThan(full(1_000) / 10);
  });
});
