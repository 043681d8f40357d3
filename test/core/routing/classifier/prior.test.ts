import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { boundariesOf, tierOf } from '../../../../functions/core/routing/boundaries.ts';
import { DENSE_FEATURES, denseAt } from '../../../../functions/core/routing/classifier/dense-features.ts';
import { isNovel, isPlain, scoreOf, scorePrior, type PriorScored } from '../../../../functions/core/routing/classifier/prior.ts';
import { priorArtifact } from '../../../../functions/core/routing/classifier/prior-artifact.ts';
import anchors from '../../../../tools/train-classifier/anchors.json' with { type: 'json' };
import { full } from '../../../support/full.ts';
import { ask, chat, facts } from '../routing-world.ts';

const ARTIFACT = priorArtifact();
const AT_DEFAULT = boundariesOf({ dial: null, boundaries: null });
const scored = (content: unknown, more: Record<string, unknown> = {}): PriorScored => scorePrior(facts(ask(content, more)), ARTIFACT);
const tier = (content: unknown): string => tierOf(scored(content).score, AT_DEFAULT);
const talk = (...turns: string[]): PriorScored => scorePrior(facts(chat({ messages: turns.map((content, at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', content })) })), ARTIFACT);
const held = Object.entries(anchors.held);
const TOOLS = { tools: [{ type: 'function', function: { name: 'search', parameters: { type: 'object' } } }] };

const TEXTS = [
  '', 'hi', 'Hello! thanks', 'x'.repeat(100_000), 'prove '.repeat(400), '\n'.repeat(500), '😀😀', '\ud800', 'a\u0000b', 'Architect a scalable system; analyse, optimise, prove, refactor, migrate\n- a\n- b\n- c',
  '```js\nconst a = 1;\n```', ...held.flatMap(([, kinds]) => Object.values(kinds).flat()),
];
const anyText = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ maxLength: 200 }), fc.string({ unit: 'binary', maxLength: 60 }), fc.array(fc.constantFrom('prove', 'the', 'hello', '안녕', '設計', '?', '\n', '42', 'class', '$x^2$', 'A. '), { maxLength: 400 }).map((words) => words.join(' ')));

describe('the explanation of a score', () => {
  test('base and contributions add up to the score before rounding, to 1e-9, for any text', () => {
    fc.assert(fc.property(anyText, fc.boolean(), (text, withTools) => {
      const { score, exact, base, contributions, logits, dense, novelty } = scored(text, withTools ? TOOLS : {});
      expect(Math.abs(base + contributions.reduce((sum, { points }) => sum + points, 0) - exact)).toBeLessThan(1e-9);
      expect(score).toBe(Math.round(exact));
      expect(exact).toBeGreaterThanOrEqual(0);
      expect(exact).toBeLessThanOrEqual(100);
      expect(novelty).toBeGreaterThanOrEqual(0);
      expect(novelty).toBeLessThanOrEqual(1);
      expect([...logits, ...dense].every(Number.isFinite)).toBe(true);
      expect(dense).toHaveLength(DENSE_FEATURES.length);
    }), { numRuns: full(2_000) });
  });

  test('names dense features and "words", never a word', () => {
    const names = new Set(TEXTS.flatMap((text) => scored(text).contributions.map(({ feature }) => feature)));
    expect([...names].filter((name) => name !== 'words' && !(DENSE_FEATURES as readonly string[]).includes(name))).toEqual([]);
  });

  test('comes again, to the last bit, from what a ledger entry keeps', () => {
    fc.assert(fc.property(anyText, (text) => {
      const live = scored(text);
      const kept = JSON.parse(JSON.stringify({ dense: live.dense, logits: live.logits })) as { dense: number[]; logits: number[] };
      expect(scoreOf(kept, ARTIFACT)).toEqual(live);
    }), { numRuns: full(1_000) });
  });
});

test('the same text has the same score in another process', () => {
  const root = join(import.meta.dirname, '../../../..');
  const script = `
    const { scorePrior } = await import('./functions/core/routing/classifier/prior.ts');
    const { priorArtifact } = await import('./functions/core/routing/classifier/prior-artifact.ts');
    const { factsOf } = await import('./functions/core/routing/request-facts.ts');
    const { codecs } = await import('./functions/core/dialects/dialect.ts');
    const texts = JSON.parse(process.argv[1]);
    const score = (content) => { const { exact, dense, logits } = scorePrior(factsOf(codecs['openai-chat'].readRequest({ model: 'auto', messages: [{ role: 'user', content }] }), {}), priorArtifact()); return { exact, dense, logits }; };
    console.log(JSON.stringify(texts.map(score)));`;
  const texts = TEXTS.filter((text) => text.length < 2_000 && text.isWellFormed() && !text.includes('\0'));
  const there = JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--no-warnings', '-e', script, JSON.stringify(texts)], { cwd: root, encoding: 'utf8' })) as unknown;
  expect(there).toEqual(texts.map((text) => { const { exact, dense, logits } = scored(text); return { exact, dense, logits }; }));
});

describe.each(held)('%s, by prompts that were held back from training', (_language, kinds) => {
  test.each(kinds.greet)('%s is simple', (text) => { expect(tier(text)).toBe('simple'); });
  test.each(kinds.build)('%s is a task, but no hard one', (text) => { expect(tier(text)).toBe('moderate'); });
  test.each([...kinds.analyse, ...kinds.proof])('%s is not simple', (text) => { expect(tier(text)).not.toBe('simple'); });
  test.each(kinds.deep)('%s is complex', (text) => { expect(tier(text)).toBe('complex'); });
  test('the kinds are in their order on average', () => {
    const mean = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + scored(text).exact, 0) / texts.length;
    const order = [kinds.greet, kinds.create, kinds.analyse, kinds.deep].map(mean);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });
});

test('most short questions of fact are simple, in whatever language', () => {
  const all = held.flatMap(([, kinds]) => kinds.fact.map(tier));
  expect(all.filter((each) => each === 'simple').length).toBeGreaterThanOrEqual(0.8 * all.length);
  expect(all).not.toContain('complex');
});

describe('the whitelist of cautious mode', () => {
  test('takes every greeting held back from training, and nothing but greetings and short questions', () => {
    for (const [, kinds] of held) {
      for (const [kind, texts] of Object.entries(kinds)) {
        if (kind === 'fact') continue;
        expect(texts.filter((text) => isPlain(scored(text).dense))).toEqual(kind === 'greet' ? texts : []);
      }
    }
  });

  test.each([
    'What is the capital of Peru?', '캐나다의 수도는 어디야?', 'カナダの首都はどこ？', '加拿大的首都是哪里？', '¿Cuál es la capital de Canadá?', 'Was ist die Hauptstadt von Kanada?', 'Quelle est la capitale du Canada ?', 'How many days are in a week?', '12 + 30 =',
  ])('takes %s', (text) => { expect(isPlain(scored(text).dense)).toBe(true); });

  test.each([
    'thanks, now refactor the whole service', 'Hi! Prove the Riemann hypothesis.', 'hello world in Haskell with monads', 'What is the capital of France? Then write an essay about it.', 'What is the capital of the firm whose balance sheet follows: 12; 40; 13',
    'Who was the second minister of trade under Peel?', 'What is the boiling point of osmium tetroxide?', 'How many legs does it take: explain the physics of gaits', 'What is 17 + 4 * 3 - 12 / 7 ** 2?', 'hi\n'.repeat(60),
    'What is the capital of France?\nAnd a recursive solution?', '감사합니다. 이제 전체 시스템을 설계해줘', 'ありがとう。次は証明して', '谢谢，现在证明它',
  ])('does not take %j', (text) => { expect(isPlain(scored(text).dense)).toBe(false); });

  test('takes nothing with tools, a schema or an attachment', () => {
    expect(isPlain(scored('Hello!', TOOLS).dense)).toBe(false);
    expect(isPlain(scored('Hello!', { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } } }).dense)).toBe(false);
    expect(isPlain(scored([{ type: 'text', text: 'Hello!' }, { type: 'image_url', image_url: { url: 'https://example.com/a.png' } }]).dense)).toBe(false);
  });
});

describe('in a conversation', () => {
  const HARD = 'Design a multi-region, fault-tolerant ledger and prove that its consensus protocol is safe';
  test.each(['yes', 'go on', 'ok, continue please', '계속해줘', 'はい、続けてください', '好的，请继续', 'sí, adelante', 'ja, weiter', 'oui, continue'])('"%s" asks for what was asked before', (assent) => {
    expect(talk(HARD, 'Shall I go on?', assent).exact).toBe(talk(HARD).exact);
    expect(isPlain(talk('Hello!', 'Hi.', HARD, 'Shall I?', 'ok', 'And now?', assent).dense)).toBe(false);
  });
  test.each(['thanks!', 'ok great, thank you', '고마워요', '谢谢', 'danke', 'Tell me a joke about penguins'])('"%s" does not ask for what was asked before', (text) => {
    expect(talk(HARD, 'Done.', text).exact).toBe(scored(text).exact);
  });
  test('an assent with nothing before it is short and nothing else', () => { expect(tier('yes')).toBe('simple'); });
});

describe('novelty', () => {
  test.each(['Напиши функцию, которая сортирует список по двум ключам', 'اكتب قصيدة قصيرة عن الخريف', 'qwlekj zxmcn qpwoei asdkjh rtyghv bnmjkl', 'Skriv ett kort brev till hyresvärden om den trasiga diskmaskinen'])('%s is unlike the training data', (text) => {
    expect(isNovel(scored(text), ARTIFACT)).toBe(true);
  });
  test.each(['Which of the following is a property of a monopoly?\nA. Many sellers\nB. One seller\nC. No barriers\nD. None', 'Tom has 5 apples and buys twice as many. How many apples does he have now?', 'Hello!', '안녕하세요!'])('%s is not', (text) => {
    expect(isNovel(scored(text), ARTIFACT)).toBe(false);
  });
  test('so is what it cannot see, and what is far longer than anything it saw', () => {
    expect(scored([{ type: 'text', text: 'What is this?' }, { type: 'image_url', image_url: { url: 'https://example.com/a.png' } }]).novelty).toBe(1);
    expect(scored('the same sentence again and again. '.repeat(1_000)).novelty).toBe(1);
  });
});

test('what a record must tell stands in the vector', () => {
  const { dense } = scored('TypeError: x is not a function\n    at f (/app/a.js:3:1)\n```js\nf();\n```', TOOLS);
  expect(['code', 'error_trace', 'tools', 'structured'].map((name) => dense[denseAt(name as (typeof DENSE_FEATURES)[number])])).toEqual([1, 1, 1, 0]);
});
