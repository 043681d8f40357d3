import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { needs } from '../support/optional.ts';
import { COPY_COMMAND, documented, INSTALL_TIMEOUT_MS, installAgent, openWorkplace, runAgent, scriptTurn, type Ran, type Workplace } from './agents.ts';
import { openWorld, type ClientWorld } from './world.ts';

interface Result { readonly type: string; readonly subtype: string; readonly is_error: boolean; readonly result: string; readonly num_turns: number; readonly permission_denials: readonly unknown[] }

needs('agents')('Claude Code, the program', () => {
  let claude: string;
  let world: ClientWorld;
  let place: Workplace;
  beforeAll(async () => {
    claude = await installAgent('claude-code');
    world = await openWorld();
  }, INSTALL_TIMEOUT_MS);
  afterAll(() => world.close());
  beforeEach(async () => {
    place = await openWorkplace();
    scriptTurn(world.mock, place.secret, { name: 'Read', arguments: { file_path: join(place.work, 'note.txt') } }, { name: 'Bash', arguments: { command: COPY_COMMAND, description: 'Copies the note' } });
  });
  afterEach(() => place.close());

  /** The settings of docs/clients.md, some of them changed ('' = left out). */
  const settings = (changes: Readonly<Record<string, string>> = {}): Record<string, string> => {
    const exported = [...documented('sh', world.origin).matchAll(/^export (\w+)=(\S+)$/gm)].map(([, name = '', value = '']): [string, string] => [name, value.replace('$BSG_KEY', world.key)]);
    const all: Record<string, string> = { ...Object.fromEntries(exported), CLAUDE_CONFIG_DIR: join(place.home, '.claude'), ...changes };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
  };
  const ask = (args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> =>
    runAgent(claude, ['-p', 'Copy the note', '--output-format', 'json', '--allowedTools', 'Read,Bash', ...args], place, env);

  test.each([
    ['claude', '/v1/messages', 'an upstream of its own dialect'],
    ['gpt', '/v1/chat/completions', 'an OpenAI upstream'],
    ['chat-only', '/v1/chat/completions', 'an OpenAI-compatible server'],
  ])('with %s (%s): two tool calls and the final words', async (model, path) => {
    world.asked();
    const { code, stdout, stderr } = await ask(['--model', model], settings());
    expect([code, stderr]).toEqual([0, expect.not.stringMatching(/API Error|fail/i)]);
    const result = JSON.parse(stdout) as Result;
    expect(result).toMatchObject({ type: 'result', subtype: 'success', is_error: false, result: `Copied: ${place.secret}.`, num_turns: 3, permission_denials: [] });
    expect(await place.copied()).toBe(`${place.secret}\n`);
    expect(world.asked()).toEqual([path, path, path]);
    const entries = await world.settled(3);
    expect(entries).toMatchObject(['stop', 'tool_calls', 'tool_calls'].map((unified) => ({
      status: 200, dialect: 'anthropic-messages', requestedModel: model, servedModel: model, usage: 'measured', tokens: { input: 1100, output: 60 }, finish: { unified },
    })));
    expect(new Set(entries.map(({ sessionId }) => sessionId)).size).toBe(1);
  });

  test.each([
    ['as documented: auto', () => ({}), /^auto$/],
    ['with ANTHROPIC_API_KEY', () => ({ ANTHROPIC_AUTH_TOKEN: '', ANTHROPIC_API_KEY: world.key }), /^auto$/],
    ['with Anthropic\'s own names, which a rule catches', () => ({ ANTHROPIC_MODEL: '', ANTHROPIC_DEFAULT_HAIKU_MODEL: '' }), /^claude-/],
  ])('%s', async (_name, changes: () => Record<string, string>, requested) => {
    world.asked();
    const { code, stdout } = await ask([], settings(changes()));
    expect([code, (JSON.parse(stdout) as Result).result]).toEqual([0, `Copied: ${place.secret}.`]);
    const asked = world.asked();
    expect([asked.length, new Set(asked).size]).toEqual([3, 1]);
    const entries = await world.settled(3);
    expect(entries.map(({ requestedModel, status }) => [requestedModel, status])).toEqual(Array.from({ length: 3 }, () => [expect.stringMatching(requested), 200]));
  });

  test('its search for tools finds them at an OpenAI upstream too', async () => {
    world.mock.clearFixtures();
    world.mock.on({ userMessage: 'Copy the note', hasToolResult: false }, { toolCalls: [{ name: 'ToolSearch', arguments: JSON.stringify({ query: 'select:WebFetch', max_results: 5 }) }] });
    world.mock.on({ toolResultContains: 'WebFetch', predicate: ({ tools }) => tools?.some((tool) => tool.function.name === 'WebFetch') === true }, { content: 'Found.' });
    const { code, stdout } = await ask(['--model', 'gpt'], settings({ ENABLE_TOOL_SEARCH: 'true' }));
    expect([code, (JSON.parse(stdout) as Result).result]).toEqual([0, 'Found.']);
  });

  test('a key that the gateway does not know is a sentence and an exit code, and nothing is asked or done', async () => {
    world.asked();
    const { code, stdout } = await ask(['--model', 'claude'], settings({ ANTHROPIC_AUTH_TOKEN: 'bsg_test_nobody' }));
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ is_error: true, api_error_status: 401 });
    expect([world.asked(), await place.copied()]).toEqual([[], undefined]);
  });
});
