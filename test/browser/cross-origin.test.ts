import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { needs } from '../support/optional.ts';
import { openWorld, type World } from './world.ts';

needs('chromium')('a page of another origin', () => {
  let world: World;
  let pages: Server;
  beforeAll(async () => {
    world = await openWorld();
    await world.addModel('m');
    pages = createServer((_request, response) => { response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>app</title>'); });
    await new Promise<void>((resolve) => { pages.listen(0, '127.0.0.1', resolve); });
  });
  afterAll(async () => {
    pages?.close();
    await world?.close();
  });

  test('calls the gateway once its tenant lists the origin, and reads the stream and the headers; before, it reads nothing', async () => {
    const key = await world.addKey('page');
    const app = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
    const context = await world.browser.newContext();
    const page = await context.newPage();
    await page.goto(app);
    const ask = (stream: boolean): Promise<{ status: number; model: string | null; text: string } | string> => page.evaluate(async ([origin, secret, streamed]) => {
      try {
        const answer = await fetch(`${origin}/v1/chat/completions`, { method: 'POST', headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }, body: JSON.stringify({ model: 'm', stream: streamed, messages: [{ role: 'user', content: 'Hello!' }] }) });
        return { status: answer.status, model: answer.headers.get('x-bsg-model'), text: await answer.text() };
      } catch (error) {
        return (error as Error).name;
      }
    }, [world.origin, key, stream] as const);
    const calls = world.upstream.received.length;
    expect(await ask(false)).toBe('TypeError');
    // The browser asked first, so nothing was spent.
    expect(world.upstream.received.length).toBe(calls);
    const allow = async (corsOrigins: string[]): Promise<void> => {
      const settings = await world.admin('GET', '/admin/settings');
      await world.admin('PUT', '/admin/settings', { ...settings, corsOrigins, version: undefined }, { 'if-match': `"${String(settings['version'])}"` });
    };
    await allow([app]);
    expect(await ask(false)).toMatchObject({ status: 200, model: 'm' });
    expect(await ask(true)).toMatchObject({ status: 200, text: expect.stringContaining('data: [DONE]') });
    await allow([]);
    expect(await ask(true)).toBe('TypeError');
    await context.close();
  });
});
