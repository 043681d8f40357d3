import { call, chat, type Answer } from './call.ts';
import { testGateway, type TestGateway } from './gateway.ts';

export interface ThreeTiers extends TestGateway {
  /** One chat request to `auto`. */
  ask(text: string): Promise<Answer>;
  /** How often automatic routing has served without what it would have needed, by the metric. */
  fallbacks(reason: string): number;
}

/** A gateway whose models `cheap`, `mid` and `strong` stand behind one upstream; each costs a dollar a million tokens more. */
export async function threeTiers(baseUrl: string): Promise<ThreeTiers> {
  const gateway = await testGateway();
  for (const [id, usd] of [['cheap', 1], ['mid', 2], ['strong', 3]] as const) await gateway.addModel({ id, upstreamModel: id, baseUrl, price: { input: usd, output: usd * 4 } });
  return {
    ...gateway,
    ask: (text) => call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('auto', { messages: [{ role: 'user', content: text }] }) }),
    fallbacks: (reason) => Number(new RegExp(`^bsgateway_routing_fallbacks_total\\{reason="${reason}"\\} (\\d+)$`, 'm').exec(gateway.edition.ports.metrics?.text('default') ?? '')?.[1] ?? 0),
  };
}
