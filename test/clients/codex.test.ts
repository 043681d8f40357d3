import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { needs } from '../support/optional.ts';
import { COPY_COMMAND, documented, INSTALL_TIMEOUT_MS, installAgent, openWorkplace, runAgent, scriptTurn, type Ran, type Scripted, type Workplace } from './agents.ts';
import { openWorld, type ClientWorld } from './world.ts';

interface Event { readonly type: string; readonly item?: { readonly type: string; readonly text?: string; readonly exit_code?: number | null; readonly status?: string } }

needs('agents')('Codex, the program', () => {
  let codex: string;
  let world: ClientWorld;
  let place: Workplace;
  beforeAll(async () => {
    codex = await installAgent('codex');
    world = await openWorld();
  }, INSTALL_TIMEOUT_MS);
  afterAll(() => world.close());
  const shell = (cmd: string): Scripted => ({ name: 'exec_command', arguments: { cmd } });
  beforeEach(async () => {
    place = await openWorkplace();
    scriptTurn(world.mock, place.secret, shell('cat note.txt'), shell(COPY_COMMAND));
  });
  afterEach(() => place.close());

  /** The settings of docs/clients.md in a home of their own; with `webSearch` without the line that switches it off. */
  async function ask(model: string, options: { readonly webSearch?: boolean; readonly key?: string } = {}): Promise<Ran> {
    const home = join(place.home, '.codex');
    await mkdir(home, { recursive: true });
    const settings = documented('toml', world.origin).replace('model = "auto"', `model = "${model}"`);
    await writeFile(join(home, 'config.toml'), options.webSearch === true ? settings.replace(/^web_search = .*\n/m, '') : settings);
    // Its own sandbox needs rights that a container may lack; the commands are ours and run in a folder of their own.
    const args = ['exec', '--json', '--skip-git-repo-check', '--sandbox', 'danger-full-access', 'Copy the note'];
    return runAgent(codex, args, place, { CODEX_HOME: home, BSG_KEY: options.key ?? world.key });
  }
  const eventsOf = (stdout: string): Event[] => stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Event);
  const doneItems = (stdout: string, type: string) => eventsOf(stdout).flatMap((event) => (event.type === 'item.completed' && event.item?.type === type ? [event.item] : []));

  test.each([
    ['gpt', '/v1/responses', true], ['claude', '/v1/messages', false], ['chat-only', '/v1/chat/completions', false],
  ])('with %s (%s, web search: %s): two tool calls and the final words', async (model, path, webSearch) => {
    world.asked();
    const { code, stdout } = await ask(model, { webSearch });
    expect([code, doneItems(stdout, 'agent_message').map(({ text }) => text)]).toEqual([0, [`Copied: ${place.secret}.`]]);
    expect(doneItems(stdout, 'command_execution')).toMatchObject([{ exit_code: 0, status: 'completed' }, { exit_code: 0, status: 'completed' }]);
    expect(eventsOf(stdout).at(-1)).toMatchObject({ type: 'turn.completed', usage: { input_tokens: 3300, output_tokens: 180 } });
    expect(await place.copied()).toBe(`${place.secret}\n`);
    expect(world.asked()).toEqual([path, path, path]);
    const entries = await world.settled(3);
    expect(entries).toMatchObject(['stop', 'tool_calls', 'tool_calls'].map((unified) => ({
      status: 200, dialect: 'openai-responses', requestedModel: model, servedModel: model, usage: 'measured', tokens: { input: 1100, output: 60 }, finish: { unified },
    })));
    expect(new Set(entries.map(({ sessionId }) => sessionId)).size).toBe(1);
  });

  test('auto with web search goes to the model that has it, and another model is a sentence', async () => {
    world.asked();
    expect((await ask('auto', { webSearch: true })).code).toBe(0);
    expect(world.asked()).toEqual(['/v1/responses', '/v1/responses', '/v1/responses']);
    await world.settled(3);
    const refused = await ask('claude', { webSearch: true });
    expect(refused.code).toBe(1);
    expect(eventsOf(refused.stdout).at(-1)).toMatchObject({ type: 'turn.failed', error: { message: expect.stringContaining("'web_search' runs at its own provider") } });
    expect(world.asked()).toEqual([]);
  });

  test('a tool out of a namespace runs as well at an upstream that knows none', async () => {
    const nobody = '00000000-0000-4000-8000-000000000000';
    scriptTurn(world.mock, 'not found', { name: 'multi_agent_v1__close_agent', arguments: { target: nobody } }, shell(COPY_COMMAND));
    const { code } = await ask('claude');
    // Only the tool itself knows that there is no such agent; a call that Codex could not place is another sentence.
    const [, second] = world.mock.getRequests().slice(-3);
    const result = JSON.stringify((second?.body as { messages?: unknown[] } | null)?.messages?.at(-1));
    expect(result).toContain(nobody);
    expect(result).toMatch(/not found/);
    expect([code, await place.copied()]).toEqual([0, `${place.secret}\n`]);
  });

  test('two conversations in one folder are two sessions', async () => {
    await world.settled(0);
    for (let run = 0; run < 2; run += 1) expect((await ask('gpt')).code).toBe(0);
    const entries = await world.settled(6);
    expect(entries.map(({ sessionId }) => typeof sessionId)).toEqual(Array.from({ length: 6 }, () => 'string'));
    expect(new Set(entries.map(({ sessionId }) => sessionId)).size).toBe(2);
  });

  test('a key that the gateway does not know is a sentence and an exit code, and nothing is asked or done', async () => {
    world.asked();
    const { code, stdout } = await ask('gpt', { key: 'bsg_test_nobody' });
    expect(code).toBe(1);
    expect(eventsOf(stdout).at(-1)).toMatchObject({ type: 'turn.failed', error: { message: expect.stringContaining('401') } });
    expect([world.asked(), await place.copied()]).toEqual([[], undefined]);
  });
});
