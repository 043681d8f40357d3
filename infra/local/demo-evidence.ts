import { ulid } from 'ulidx';
import type { Label } from '../../functions/core/routing/evidence/label.ts';

/** Per simulated kind of request: judged pairs, and how often the cheap model's answer was the worse or the better one. */
const JUDGED: readonly { readonly templateKey: string; readonly pairs: number; readonly worse: number; readonly better: number }[] = [
  { templateKey: 'tk_demo_greeting', pairs: 70, worse: 0.04, better: 0.04 },
  { templateKey: 'tk_demo_classify', pairs: 80, worse: 0.05, better: 0.06 },
  { templateKey: 'tk_demo_translate', pairs: 60, worse: 0.1, better: 0.08 },
  { templateKey: 'tk_demo_summarise', pairs: 50, worse: 0.12, better: 0.08 },
  // Work that the cheap model is not good enough at, so that the demo shows that too.
  { templateKey: 'tk_demo_agent_step', pairs: 60, worse: 0.45, better: 0.05 },
];
const SPAN_MS = 60 * 60_000;
/** What one simulated comparison cost, micro-USD. */
const COST_MICROS = 900;

/** Simulated comparisons of the demo's two models over the hour before `endMs`; their templates' names say that they are simulated. The same for the same options. */
export function demoLabels(endMs: number, random: () => number): Label[] {
  return JUDGED.flatMap(({ templateKey, pairs, worse, better }) => Array.from({ length: pairs }, (_, index): Label => {
    const atMs = endMs - SPAN_MS + Math.floor(((index + random()) * SPAN_MS) / pairs);
    const luck = random();
    return {
      requestId: ulid(atMs, random), templateKey, model: 'demo-cheap', baseline: 'demo-strong', d: luck < worse ? -1 : luck < worse + better ? 1 : 0,
      propensity: 0.05, costMicros: COST_MICROS, at: new Date(atMs).toISOString(),
    };
  }));
}
