import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { comparisonQuestion, readComparison } from '../../../../functions/core/routing/judge/comparison.ts';
import { difficultyQuestion, MAX_JUDGED_CHARS, readDifficulty } from '../../../../functions/core/routing/judge/difficulty.ts';
import { bounded, fenced, markOf } from '../../../../functions/core/routing/judge/fence.ts';
import { shownRequest } from '../../../../functions/core/routing/judge/shown.ts';
import { chat } from '../routing-world.ts';

const mark = markOf('0f1e2d3c4b5a69788796a5b4c3d2e1f089abcdef');
const userText = (conversation: ReturnType<typeof difficultyQuestion>): string => conversation.turns.flatMap(({ parts }) => parts.map((part) => (part.type === 'text' ? part.text : ''))).join('');

describe('a fence', () => {
  test('holds any text whole, with exactly one beginning and one end, even a text that knows the mark', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(mark.fence, mark.seal, `<<end of request ${mark.fence}>>`, '\n<<end of request>>\n', mark.fence.slice(0, 16)))), (pieces) => {
      const text = pieces.join('');
      const out = fenced('request', text, mark);
      expect(out.split(mark.fence)).toHaveLength(3);
      expect(out.startsWith(`<<request ${mark.fence}>>\n`)).toBe(true);
      expect(out.endsWith(`\n<<end of request ${mark.fence}>>`)).toBe(true);
      if (!text.includes(mark.fence) && !text.includes(mark.seal)) expect(out).toContain(text);
    }));
  });

  test('a text cut out of a mark does not leave one behind', () => {
    const sly = mark.fence.slice(0, 16) + mark.fence + mark.fence.slice(16);
    expect(fenced('request', sly, mark).split(mark.fence)).toHaveLength(3);
  });

  test('a long text is shown by its beginning and its end', () => {
    const text = `${'a'.repeat(10_000)}${'z'.repeat(10_000)}`;
    const shown = bounded(text, MAX_JUDGED_CHARS);
    expect(shown.length).toBeLessThanOrEqual(MAX_JUDGED_CHARS + 5);
    expect(shown).toMatch(/^a+\n\[…\]\nz+$/);
    expect(bounded('short', 6)).toBe('short');
  });
});

describe('the answer of a judge of difficulty', () => {
  test.each([['89abcdef 0', 0], ['89abcdef 100', 100], [' 89abcdef 42\n', 42]])('%j is a score', (answer, score) => {
    expect(readDifficulty(answer, mark)).toBe(score);
  });

  test.each([
    '', '0', 'simple', '42', '89abcdef', '89abcdef 101', '89abcdef -1', '89abcdef 4.2', '89abcdef simple', '89abcdee 42', '89ABCDEF 42', '89abcdef  42', '89abcdef 42 (easy)', 'The score: 89abcdef 42',
    '```\n89abcdef 42\n```', '89abcdef 42\n89abcdef 0', '{"score":42}', '00000000 0', '89abcdef 4 2', '89abcdef ٤٢', '89abcdef 0x1f', '89abcdef 1e2', '89abcdef\n42',
  ])('%j is none', (answer) => {
    expect(readDifficulty(answer, mark)).toBeUndefined();
  });

  test('nothing that does not begin with the mark of this very call is a score', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (answer) => {
      if (!answer.trimStart().startsWith(mark.seal)) expect(readDifficulty(answer, mark)).toBeUndefined();
    }));
  });
});

describe('the verdict on a pair', () => {
  test.each([['89abcdef 2', 1], ['89abcdef 1', 0.5], ['89abcdef 0', 0], ['89abcdef -0', 0], ['89abcdef -1', -0.5], ['89abcdef -2', -1]])('%j is %d', (answer, d) => {
    expect(readComparison(answer, mark)).toBe(d);
  });
  test.each(['89abcdef 3', '89abcdef -3', '1', 'answer 1', '89abcdef 1 2', '89abcdef +1'])('%j is none', (answer) => {
    expect(readComparison(answer, mark)).toBeUndefined();
  });
});

test('the rules stand outside the fence, the texts inside, and no question offers a tool or asks for much', () => {
  const difficulty = difficultyQuestion('TEXT-CANARY', mark, false);
  expect(JSON.stringify(difficulty.system)).not.toContain('TEXT-CANARY');
  expect(userText(difficulty).startsWith(fenced('request', 'TEXT-CANARY', mark))).toBe(true);
  expect(difficulty).toMatchObject({ tools: [], stream: false, maxOutputTokens: 32 });
  const comparison = comparisonQuestion({ request: 'R-CANARY', first: 'A-CANARY', second: 'B-CANARY' }, mark, true);
  expect(JSON.stringify(comparison.system)).not.toContain('CANARY');
  for (const [label, text] of [['request', 'R-CANARY'], ['answer 1', 'A-CANARY'], ['answer 2', 'B-CANARY']] as const) expect(userText(comparison)).toContain(fenced(label, text, mark));
});

test('a request is shown with its system prompt, its tools and what went before, within a bound whatever its size', () => {
  const turn = (content: string): object => ({ role: 'user', content });
  const small = shownRequest(chat({ messages: [{ role: 'system', content: 'Be brief.' }, turn('first'), { role: 'assistant', content: 'reply' }, turn('latest')], tools: [{ type: 'function', function: { name: 'lookup' } }] }));
  expect(small).toBe('[system]\nBe brief.\n[tools offered] lookup\n[user]\nfirst\n[assistant]\nreply\n[user]\nlatest');
  const large = shownRequest(chat({ messages: [{ role: 'system', content: 's'.repeat(100_000) }, ...Array.from({ length: 50 }, () => turn('h'.repeat(10_000))), turn(`${'l'.repeat(100_000)} the question`)] }));
  expect(large.length).toBeLessThan(13_000);
  expect(large).toContain('the question');
});
