import type { KeyRecord } from '../adapters/store/keys.ts';
import type { Counters } from '../adapters/store/accounts.ts';
import type { CompiledPolicy } from '../core/routing/policy-compile.ts';
import { DeniedError, refusal } from './admit.ts';
import type { Exchange } from './exchange.ts';
import { identify } from './identify.ts';
import type { Ports } from './ports.ts';

/** The start of every endpoint that spends nothing upstream: a known key, counted against its requests/min, no ledger row. */
export async function admitLight(exchange: Exchange, ports: Ports): Promise<{ key: KeyRecord; policy: CompiledPolicy; counters: Counters }> {
  const key = await identify(exchange, ports);
  const policy = await ports.policies.of(key.tenantId);
  const touched = await ports.accounts.touch(key, policy.timezone);
  if (!touched.ok) throw new DeniedError(touched.denial, refusal(touched.denial));
  return { key, policy, counters: touched.counters };
}
