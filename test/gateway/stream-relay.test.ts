import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { LiveAnswer, Undertaking } from '../../functions/gateway/attempt.ts';
import { Leash } from '../../functions/gateway/leash.ts';
import { StreamRelay } from '../../functions/gateway/stream-relay.ts';
import type { GatewayRequest } from '../../functions/gateway/ports.ts';
import { newTrail } from '../../functions/gateway/settle.ts';
import type { Pipe } from '../../functions/gateway/pipe.ts';
import { figure } from '../support/figure.ts';

const text = (bytes: Uint8Array | void): string => Buffer.from(bytes ?? []).toString();

/** A relay over an upstream that the test feeds by hand. */
function relayed(held: string[] = ['first'], push: Pipe['push'] = (chunk) => [chunk]) {
  const steps: { resolve: (step: IteratorResult<Uint8Array>) => void; reject: (error: unknown) => void }[] = [];
  const controller = new AbortController();
  const leash = new Leash({ signal: controller.signal } as GatewayRequest, 600_000);
  const pipe: Pipe = {
    committed: true, finished: false, done: false, failure: undefined,
    push, end: () => [Buffer.from('end')], abort: (cause) => [Buffer.from(`error ${cause.code}`)], heartbeat: () => Buffer.from('beat'),
  };
  let aborted = 0;
  let closed = 0;
  const live = {
    kind: 'stream', model: undefined, pipe, held: held.map((part) => Buffer.from(part)), response: { abort: () => { aborted += 1; } },
    rest: { next: () => new Promise<IteratorResult<Uint8Array>>((resolve, reject) => { steps.push({ resolve, reject }); }) },
  } as unknown as LiveAnswer;
  const undertaking = { leash, trail: newTrail() } as unknown as Undertaking;
  const relay = new StreamRelay(live, undertaking, async () => { closed += 1; leash.dispose(); });
  return { relay, steps, undertaking, leave: () => controller.abort(), aborted: () => aborted, closed: () => closed };
}

beforeEach(() => { jest.useFakeTimers(); });
afterEach(() => { jest.useRealTimers(); });

test('parts come in order, the end closes the account once and after the last byte', async () => {
  const { relay, steps, closed } = relayed();
  expect(text((await relay.next()).value)).toBe('first');
  const second = relay.next();
  steps[0]?.resolve({ done: false, value: Buffer.from('second') });
  expect(text((await second).value)).toBe('second');
  const last = relay.next();
  steps[1]?.resolve({ done: true, value: undefined });
  expect(text((await last).value)).toBe('end');
  expect(closed()).toBe(0);
  expect((await relay.next()).done).toBe(true);
  await relay.return();
  expect(closed()).toBe(1);
});

test('a door that returns while it waits is released, and the account is closed once', async () => {
  const { relay, closed } = relayed();
  await relay.next();
  const waiting = relay.next();
  await relay.return();
  expect((await waiting).done).toBe(true);
  expect(closed()).toBe(1);
});

test('return before the first next closes the account', async () => {
  const { relay, closed } = relayed();
  await relay.return();
  expect(closed()).toBe(1);
});

test('guarantee E7: silence after the first part is bridged by a heartbeat every 15 s and ends after 60 s', async () => {
  const { relay, steps, undertaking } = relayed();
  await relay.next();
  for (let beat = 0; beat < 3; beat += 1) {
    const next = relay.next();
    jest.advanceTimersByTime(14_999);
    jest.advanceTimersByTime(1);
    expect(text((await next).value)).toBe('beat');
  }
  const late = relay.next();
  jest.advanceTimersByTime(15_000);
  expect(text((await late).value)).toBe('error upstream_timeout');
  expect((await relay.next()).done).toBe(true);
  expect(undertaking.trail.failure?.code).toBe('upstream_timeout');
  steps[0]?.reject(new Error('late'));
  figure('E7', 'between parts: 3 heartbeats, 15 s apart, then upstream_timeout at 60 s');
});

test('translation D102 (streamed): what the upstream sends without anything for the caller is silence to the caller, but no silence of the upstream', async () => {
  const { relay, steps } = relayed(['first'], (chunk) => (text(chunk) === ': comment' ? [] : [chunk]));
  await relay.next();
  for (let beat = 0; beat < 6; beat += 1) {
    const next = relay.next();
    for (const at of [5_000, 5_000]) {
      await jest.advanceTimersByTimeAsync(at);
      steps.shift()?.resolve({ done: false, value: Buffer.from(': comment') });
    }
    await jest.advanceTimersByTimeAsync(5_000);
    expect(text((await next).value)).toBe('beat');
  }
  const part = relay.next();
  await jest.advanceTimersByTimeAsync(14_000);
  steps.shift()?.resolve({ done: false, value: Buffer.from('part') });
  expect(text((await part).value)).toBe('part');
});

test('a part after heartbeats starts the silence anew', async () => {
  const { relay, steps } = relayed();
  await relay.next();
  const beat = relay.next();
  jest.advanceTimersByTime(15_000);
  await beat;
  const part = relay.next();
  steps[0]?.resolve({ done: false, value: Buffer.from('part') });
  expect(text((await part).value)).toBe('part');
  const next = relay.next();
  jest.advanceTimersByTime(15_000);
  expect(text((await next).value)).toBe('beat');
});

test('a broken connection is one in-band error, then the end', async () => {
  const { relay, steps, closed } = relayed();
  await relay.next();
  const next = relay.next();
  steps[0]?.reject(new Error('reset'));
  expect(text((await next).value)).toBe('error upstream_truncated');
  expect((await relay.next()).done).toBe(true);
  expect(closed()).toBe(1);
});

test('the client leaving drops the upstream connection', async () => {
  const { relay, leave, aborted } = relayed();
  await relay.next();
  leave();
  expect(aborted()).toBe(1);
  await relay.return();
});
