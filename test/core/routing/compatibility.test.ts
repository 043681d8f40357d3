import { describe, expect, test } from '@jest/globals';
import { codecs } from '../../../functions/core/dialects/dialect.ts';
import { boundariesOf, tierOf } from '../../../functions/core/routing/boundaries.ts';
import { scorePrior } from '../../../functions/core/routing/classifier/prior.ts';
import { priorArtifact } from '../../../functions/core/routing/classifier/prior-artifact.ts';
import { scoreStatic, type Scored } from '../../../functions/core/routing/classifier/static.ts';
import { factsOf, type RequestFacts } from '../../../functions/core/routing/request-facts.ts';

const AT_DEFAULT = boundariesOf({ dial: null, boundaries: null });
const factsOfTurns = (...turns: string[]): RequestFacts => factsOf(codecs['openai-chat'].readRequest({ model: 'auto', messages: turns.map((content, at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', content })) }), {});
/** The strategies that decide by a score of their own, with nothing learned from traffic. */
const STRATEGIES: readonly (readonly [string, (facts: RequestFacts) => Scored])[] = [['static', scoreStatic], ['ml', (facts) => scorePrior(facts, priorArtifact())]];

describe.each(STRATEGIES)('compatibility examples of the strategy %s at the default dial', (_name, score) => {
  const tierOfTurns = (...turns: string[]): string => tierOf(score(factsOfTurns(...turns)).score, AT_DEFAULT);

  test.each([
    ['Hello!'], ['안녕하세요!'], ['こんにちは！'], ['¡Hola!'],
    ['What is the capital of France?'], ['프랑스의 수도는 어디인가요?'], ['フランスの首都はどこですか？'], ['¿Cuál es la capital de Francia?'],
  ])('%s is simple', (text) => { expect(tierOfTurns(text)).toBe('simple'); });

  test.each([
    ['Implement quicksort in Python'], ['파이썬으로 퀵소트를 구현해줘'], ['Pythonでクイックソートを実装して'], ['Implementa quicksort en Python'],
    ['Create a haiku'], ['하이쿠를 지어줘'], ['俳句を作って'], ['Crea un haiku'],
  ])('%s is not complex', (text) => { expect(['simple', 'moderate']).toContain(tierOfTurns(text)); });

  test.each([
    ['Architect a scalable payment system with trade-offs for consistency and latency'],
    ['일관성과 지연 시간의 절충을 고려한 확장 가능한 결제 시스템을 설계해줘'],
    ['一貫性とレイテンシのトレードオフを考慮したスケーラブルな決済システムを設計して'],
    ['Diseña la arquitectura de un sistema de pagos escalable con compensaciones entre consistencia y latencia'],
  ])('%s is complex', (text) => { expect(tierOfTurns(text)).toBe('complex'); });

  test.each([
    ['Prove that √2 is irrational and generalise to √p'], ['√2가 무리수임을 증명하고 √p로 일반화하라'],
    ['√2が無理数であることを証明し、√pに一般化せよ'], ['Demuestra que √2 es irracional y generaliza a √p'],
  ])('%s is not simple', (text) => { expect(tierOfTurns(text)).not.toBe('simple'); });

  test.each([['word '], ['단어 '], ['語'], ['palabra ']])('50,000 times %j is not simple', (word) => { expect(tierOfTurns(word.repeat(50_000))).not.toBe('simple'); });

  test('a long refactoring session ended by thanks is simple for that turn', () => {
    const session = ['Refactor this distributed system for consistency and prove it correct', 'Done.', 'Now optimise the architecture', 'Done.', 'thanks!'];
    expect(tierOfTurns(...session)).toBe('simple');
    expect(tierOfTurns(...session.slice(0, 3))).not.toBe('simple');
  });
});

test('words inside other words do not count: "architect" holds no greeting, "history" neither', () => {
  const scored = scoreStatic(factsOf(codecs['openai-chat'].readRequest({ model: 'auto', messages: [{ role: 'user', content: 'Tell the history of the architects of Chicago' }] }), {}));
  expect(scored.contributions.find(({ feature }) => feature === 'small_talk')).toBeUndefined();
});

test('base and contributions add up to the score before rounding, for every kind of text', () => {
  for (const text of ['', 'hi', 'Hello! thanks', 'x'.repeat(100_000), 'prove '.repeat(400), 'Architect a scalable system; analyse, optimise, prove, refactor, migrate\n- a\n- b\n- c', '```js\nconst a = 1;\n```']) {
    const scored = scoreStatic(factsOf(codecs['openai-chat'].readRequest({ model: 'auto', messages: [{ role: 'user', content: text }] }), {}));
    const sum = scored.base + scored.contributions.reduce((total, { points }) => total + points, 0);
    expect(Math.round(sum)).toBe(scored.score);
    expect(scored.score).toBeGreaterThanOrEqual(0);
    expect(scored.score).toBeLessThanOrEqual(100);
  }
});
