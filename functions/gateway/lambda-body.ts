import { Readable } from 'node:stream';

/**
 * An answer's body as the runtime pulls it. Guarantees: the source is read to its end or given `return()`, exactly one of
 * the two and once; no more than some 16 KiB are pulled ahead of the reader; `settled` resolves when the source has
 * finished closing, also after an error. A source still running `cutAfterMs` from now (a reader that stopped reading,
 * since deadlines end before) is closed then, so that its account is settled before the process may be stopped.
 */
export class LambdaBody extends Readable {
  readonly settled: Promise<void>;
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #timer: NodeJS.Timeout;
  #ended = false;

  constructor(body: Uint8Array | AsyncIterable<Uint8Array>, cutAfterMs: number) {
    super({ highWaterMark: 16 * 1024 });
    this.#source = Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : whole(body);
    this.#timer = setTimeout(() => this.destroy(new Error('the invocation is about to end')), Math.max(0, cutAfterMs));
    this.settled = new Promise((resolve) => { this.once('close', resolve); });
    // Whoever reads is told by the pipeline; without a reader an error must not end the process.
    this.on('error', () => {});
  }

  override _read(): void {
    void this.#pull();
  }

  async #pull(): Promise<void> {
    try {
      let step = await this.#source.next();
      while (step.done !== true && step.value.length === 0) step = await this.#source.next();
      if (step.done === true) this.#ended = true;
      this.push(step.done === true ? null : step.value);
    } catch (error) {
      this.#ended = true;
      this.destroy(error instanceof Error ? error : new Error('the answer broke off'));
    }
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    if (this.#ended) {
      done(error);
      return;
    }
    this.#ended = true;
    void this.#release(() => done(error));
  }

  async #release(then: () => void): Promise<void> {
    try {
      await this.#source.return?.();
    } catch { /* the reader learns of the first error, not of this one */ }
    then();
  }
}

function whole(bytes: Uint8Array): AsyncIterator<Uint8Array> {
  let left: Uint8Array | undefined = bytes.length === 0 ? undefined : bytes;
  return {
    async next() {
      const value = left;
      left = undefined;
      return value === undefined ? { done: true, value: undefined } : { done: false, value };
    },
  };
}
