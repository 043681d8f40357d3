import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ResponseBody } from '../../../functions/adapters/providers/response-body.ts';

const PIECE = 16 * 1024;
const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => { setImmediate(resolve); });
};

/** An endless-looking answer that counts what was taken from it. */
function source(total: number): { message: IncomingMessage; taken: () => number } {
  let taken = 0;
  const stream = new Readable({
    highWaterMark: 64 * 1024,
    read() {
      setImmediate(() => {
        if (taken >= total) this.push(null);
        else {
          taken += PIECE;
          this.push(Buffer.alloc(PIECE, taken / PIECE % 256));
        }
      });
    },
  });
  return { message: Object.assign(stream, { complete: false }) as unknown as IncomingMessage, taken: () => taken };
}

describe('ResponseBody', () => {
  test('who does not read pauses the upstream, with less than 256 KiB taken; who reads again gets every byte', async () => {
    const total = 4 * 1024 * 1024;
    const { message, taken } = source(total);
    const body = new ResponseBody(message, () => {});
    await turns(200);
    expect(taken()).toBeLessThan(256 * 1024);
    let read = (await body.next()).value?.length ?? 0;
    await turns(1_000);
    const stalled = taken();
    expect(stalled).toBeLessThan(256 * 1024);
    await turns(200);
    expect(taken()).toBe(stalled);
    for await (const chunk of body) read += chunk.length;
    expect([read, taken()]).toEqual([total, total]);
  });

  test('however the bytes are cut and however slowly they are read, they come in order and once, then the end', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 30 }), fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 10 }), async (pieces, pauses) => {
      const stream = new Readable({ read() {} });
      let closed = 0;
      const body = new ResponseBody(stream as unknown as IncomingMessage, () => { closed += 1; });
      const feeding = (async () => {
        for (const [at, piece] of pieces.entries()) {
          stream.push(piece);
          await turns(pauses[at % pauses.length] ?? 0);
        }
        stream.push(null);
      })();
      const got: Uint8Array[] = [];
      for (let at = 0; ; at += 1) {
        const step = await body.next();
        if (step.done === true) break;
        got.push(step.value);
        await turns(pauses[(at + 1) % pauses.length] ?? 0);
      }
      await feeding;
      expect(Buffer.concat(got).equals(Buffer.concat(pieces))).toBe(true);
      expect((await body.next()).done).toBe(true);
      expect(closed).toBe(1);
    }), { numRuns: 60 });
  });

  test('reads asked for before their bytes are there are answered in order', async () => {
    const stream = new Readable({ read() {} });
    const body = new ResponseBody(stream as unknown as IncomingMessage, () => {});
    const asked = [body.next(), body.next(), body.next()];
    stream.push(Buffer.from('a'));
    await turns(3);
    stream.push(Buffer.from('b'));
    await turns(3);
    stream.push(null);
    expect((await Promise.all(asked)).map(({ value }) => value?.toString())).toEqual(['a', 'b', undefined]);
  });
});
