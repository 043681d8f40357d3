import { demoBytes, seedDemo, seedEvidence } from './demo-seed.ts';
import { startDemoUpstream } from './demo-upstream.ts';
import type { Edition } from './edition.ts';

export interface Demo {
  /** A virtual key that may call the simulated models; the same at every start of a data folder. */
  readonly key: string;
  close(): Promise<void>;
}

/** `--demo`: a simulated provider on loopback, and a store that knows it. */
export async function startDemo({ edition }: { readonly edition: Edition }): Promise<Demo> {
  const { store, sealing, pepper, ports, caches } = edition;
  const upstreamKey = `demo-${demoBytes(pepper, 'upstream').toString('hex')}`;
  const upstream = await startDemoUpstream({ apiKey: upstreamKey });
  try {
    const { key } = await seedDemo({ store, sealing, pepper, baseUrl: upstream.baseUrl, upstreamKey, now: () => ports.clock.now() });
    caches.invalidate();
    // Hundreds of small writes that nobody waits for.
    const evidence = seedEvidence(store, ports.clock.now()).catch(() => {});
    return { key, close: async () => { await Promise.all([evidence, upstream.close()]); } };
  } catch (error) {
    await upstream.close();
    throw error;
  }
}
