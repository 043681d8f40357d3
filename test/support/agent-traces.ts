import { mulberry32 } from '../../infra/local/mulberry32.ts';
import type { Conversation, Turn } from '../../functions/core/conversation.ts';
import { costMicros } from '../../functions/core/money/cost.ts';
import type { CompiledPolicy } from '../../functions/core/routing/policy-compile.ts';
import type { RegisteredModel } from '../../functions/core/routing/policy.ts';
import { factsOf } from '../../functions/core/routing/request-facts.ts';
import { resolve } from '../../functions/core/routing/resolve.ts';
import type { SessionState } from '../../functions/core/routing/session-choice.ts';

type Need = 'easy' | 'moderate' | 'hard';
/** What a user says to a coding agent, and what the work behind it needs; `same` = what the task needed before. */
const SAID: readonly (readonly [string, Need | 'same'])[] = [
  ['Hi, please look at this repository and tell me what it does.', 'easy'],
  ['Rename the function getUser to loadUser everywhere.', 'easy'],
  ['Add a unit test for the parser that covers empty input and comments.', 'moderate'],
  ['Implement pagination for the list endpoint and explain step by step how it works.', 'moderate'],
  ['Refactor the storage layer so that concurrent writers cannot lose updates, and analyse the trade-offs for consistency and latency.', 'hard'],
  ['Find out why the integration tests deadlock under load, design a fix and prove that it cannot starve.', 'hard'],
  ['go on', 'same'], ['yes, do that', 'same'], ['thanks, now run it again', 'same'], ['looks good, continue', 'same'],
];

/** How likely one step goes wrong beyond repair, by what the work needs and by the model. Invented, committed, the same for every policy. */
const FAILS: Readonly<Record<Need, Readonly<Record<string, number>>>> = {
  easy: { cheap: 0.004, mid: 0.003, strong: 0.003 },
  moderate: { cheap: 0.04, mid: 0.006, strong: 0.003 },
  hard: { cheap: 0.12, mid: 0.03, strong: 0.006 },
};
/** A weaker model takes more steps for the same work. */
const STEPS: Readonly<Record<Need, Readonly<Record<string, number>>>> = {
  easy: { cheap: 1, mid: 1, strong: 1 },
  moderate: { cheap: 1.5, mid: 1.1, strong: 1 },
  hard: { cheap: 2, mid: 1.3, strong: 1 },
};
/** A step that must go on from calls which another model made. */
const FAILS_AFTER_SWITCH = 0.1;
const CACHE_MS = 300_000;

export interface AgentRun { readonly tasks: number; readonly finished: number; readonly costMicros: number; readonly costPerFinished: number; readonly switches: number; readonly inLoopSwitches: number }

export interface AgentRouting {
  readonly policy: CompiledPolicy;
  /** Whether the gateway's knowledge of sessions reaches the resolver. */
  readonly sessions: boolean;
}

/**
 * Tasks of a coding agent, priced with a prompt cache per model, under one policy. The same seed gives the same tasks to
 * every policy. A step that goes wrong is not noticed before the end: the agent works on, all of it is paid, and the task is
 * not finished.
 */
export function runAgents({ policy, sessions }: AgentRouting, tasks: number, seed: number): AgentRun {
  const totals = { finished: 0, costMicros: 0, switches: 0, inLoopSwitches: 0 };
  for (let task = 0; task < tasks; task += 1) runTask({ policy, sessions, random: mulberry32(seed * 100_003 + task), id: `task ${seed} ${task}` }, totals);
  return { tasks, ...totals, costPerFinished: totals.costMicros / Math.max(1, totals.finished) };
}

interface Task extends AgentRouting { readonly random: () => number; readonly id: string }

function runTask({ policy, sessions, random, id }: Task, totals: { finished: number; costMicros: number; switches: number; inLoopSwitches: number }): void {
  const cache = new Map<string, { tokens: number; at: number }>();
  let state: SessionState | undefined;
  let served: string | undefined;
  let context = 6_000 + Math.floor(random() * 20_000);
  let need: Need = 'easy';
  let failed = false;
  let nowMs = Date.UTC(2026, 10, 23, 9);
  const turns = 2 + Math.floor(random() * 5);
  for (let turn = 0; turn < turns; turn += 1) {
    const [said, needs] = SAID[Math.floor(random() * (turn === 0 ? 6 : SAID.length))] ?? ['go on', 'same'];
    if (needs !== 'same') need = needs;
    let steps = 3 + Math.floor(random() * 14);
    // People read before they answer; sometimes longer than a prompt cache lasts.
    nowMs += turn === 0 ? 0 : Math.floor(random() ** 3 * 600_000);
    for (let step = 0; step < steps; step += 1) {
      const chance = random();
      const grown = Math.floor(random() ** 2 * 6_000);
      const output = 80 + Math.floor(random() * 500);
      const model = modelFor(policy, { said, isFirst: turn === 0, inLoop: step > 0, context, id, nowMs, state: sessions ? state : undefined });
      if (step === 0) steps = Math.round(steps * (STEPS[need][model.id] ?? 1));
      const switched = served !== undefined && served !== model.id;
      if (switched) totals.switches += 1;
      if (switched && step > 0) totals.inLoopSwitches += 1;
      totals.costMicros += costOf(model, cache, context, output, nowMs);
      served = model.id;
      state = { model: model.id, requests: (state?.requests ?? 0) + 1, contextTokens: context + output, at: nowMs };
      if (chance < (FAILS[need][model.id] ?? 1) + (switched && step > 0 ? FAILS_AFTER_SWITCH : 0)) failed = true;
      context += grown + output;
      nowMs += 4_000 + Math.floor(random() * 8_000);
    }
  }
  if (!failed) totals.finished += 1;
}

function costOf(model: RegisteredModel, cache: Map<string, { tokens: number; at: number }>, context: number, output: number, nowMs: number): number {
  const kept = cache.get(model.id);
  const cached = kept !== undefined && nowMs - kept.at < CACHE_MS ? Math.min(kept.tokens, context) : 0;
  cache.set(model.id, { tokens: context + output, at: nowMs });
  return costMicros({ cacheRead: cached, cacheWrite5m: context - cached, output }, model.price) ?? 0;
}

interface Step { readonly said: string; readonly isFirst: boolean; readonly inLoop: boolean; readonly context: number; readonly id: string; readonly nowMs: number; readonly state: SessionState | undefined }

const TOOL_TURNS: readonly Turn[] = [
  { role: 'assistant', parts: [{ type: 'tool-call', id: 'c1', name: 'shell', arguments: '{}' }] },
  { role: 'user', parts: [{ type: 'tool-result', id: 'c1', content: [{ type: 'text', text: 'ok' }] }] },
];

/** Asks the real resolver, as the gateway would. */
function modelFor(policy: CompiledPolicy, { said, isFirst, inLoop, context, id, nowMs, state }: Step): RegisteredModel {
  const user = (text: string): Turn => ({ role: 'user', parts: [{ type: 'text', text }] });
  const conversation: Conversation = {
    dialect: 'anthropic-messages', model: 'auto', stream: true, includeUsage: true, system: [], metadata: {}, extras: {}, inputTokens: context, tools: [{ name: 'shell', schema: { type: 'object' } }],
    turns: [...(isFirst ? [] : [user(id), { role: 'assistant' as const, parts: [{ type: 'text' as const, text: 'done' }] }]), user(said), ...(inLoop ? TOOL_TURNS : [])],
  };
  const resolution = resolve({
    policy, facts: factsOf(conversation, { userAgent: 'claude-cli/2.1', claudeSessionHeader: id }), requestedModel: 'auto', dialect: 'anthropic-messages', key: { id: 'k', name: 'k', allowedModels: null },
    spend: { todayPct: null, monthPct: null }, breakerOpen: new Set(), nowMs, templateSalt: 't', ...(state && { session: state }),
  });
  const first = resolution.ok ? resolution.route[0] : undefined;
  if (first === undefined) throw new Error('no model');
  return first;
}
