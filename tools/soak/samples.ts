import type { Gateway } from './gateway.ts';

/** What the gateway says of itself, asked once a second. */
export interface Sample {
  readonly at: number;
  /** Which of its processes, and how long it had lived: ms. */
  readonly life: number;
  readonly ageMs: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** Turns of the event loop by how late they came: upper bound in seconds → how many up to it, since the process began. */
  readonly delays: ReadonlyMap<number, number>;
}

const EVERY_MS = 1_000;

export interface Sampling { readonly samples: readonly Sample[]; readonly texts: ReadonlyMap<number, string>; stop(): Promise<void> }

/** Asks `/metrics` until it is stopped; what is not answered, as between two processes, is left out. */
export function startSampling(gateway: Gateway): Sampling {
  const samples: Sample[] = [];
  const texts = new Map<number, string>();
  const stopped = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const next = new Promise((resolve) => { setTimeout(resolve, EVERY_MS); });
      const life = gateway.lives.length - 1;
      const answer = await gateway.admin.text('/metrics', { tenantId: 'default' }).catch(() => undefined);
      if (answer?.status === 200 && life === gateway.lives.length - 1) {
        const at = Date.now();
        texts.set(life, answer.text);
        samples.push({ at, life, ageMs: at - (gateway.lives[life]?.from ?? at), rssBytes: numberIn(answer.text, 'process_resident_memory_bytes'), heapBytes: numberIn(answer.text, 'nodejs_heap_size_used_bytes'), delays: delaysIn(answer.text) });
      }
      await next;
    }
  };
  const running = run();
  return {
    samples, texts,
    async stop() {
      stopped.abort();
      await running;
    },
  };
}

const numberIn = (text: string, name: string): number => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? 0);

function delaysIn(text: string): Map<number, number> {
  return new Map([...text.matchAll(/^nodejs_eventloop_delay_seconds_bucket\{le="([^"]+)"\} (\d+)/gm)].map(([, bound, count]) => [bound === '+Inf' ? Infinity : Number(bound), Number(count)]));
}
