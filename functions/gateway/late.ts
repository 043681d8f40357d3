const TICK = Symbol('tick');
export type Tick = typeof TICK;

/**
 * Waits for promises with a pulse: `race` answers with the promise's value, or with `TICK` when `everyMs` passed since
 * the last call without one; the same promise may then be raced again. One timer for its whole life, so that a fast
 * stream pays a `refresh` per part and no more.
 */
export class Pulse {
  static readonly TICK: Tick = TICK;
  readonly #timer: NodeJS.Timeout;
  #wake: (() => void) | undefined;

  constructor(everyMs: number) {
    this.#timer = setInterval(() => this.#wake?.(), everyMs);
  }

  race<T>(promise: Promise<T>): Promise<T | Tick> {
    this.#timer.refresh();
    return new Promise((resolve, reject) => {
      this.#wake = () => resolve(TICK);
      promise.then(resolve, reject);
    });
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#wake = undefined;
  }
}
