import { fitBudget, wantedBudget } from '../thinking-budget.ts';
import type { Message } from './write-messages.ts';
import type { Writing } from './writing.ts';

/** Room for the answer itself where nobody named a limit. */
const ANSWER_TOKENS = 8_192;

/**
 * Turns a wish for reasoning into what an Anthropic model takes through Converse (D34; user guide, "extended thinking"): adaptive
 * models get an effort, budget models a budget of at least 1,024 and below `maxTokens`. Left out, and disclosed, for models of
 * which the catalogue knows no thinking mode, beside a forced tool choice (D20), and in a tool loop whose last assistant turn
 * has lost its reasoning.
 */
export function writeThinking(writing: Writing, messages: readonly Message[]): void {
  const { conversation, target, additional, lost, body } = writing;
  const { reasoning } = conversation;
  if (reasoning === undefined || reasoning.mode === 'off') return;
  const kind = target.facts.thinking ?? 'none';
  if (kind === 'none' || forcesTool(body)) return lost.drop(codeOf(writing));
  if (kind === 'adaptive') {
    const effort = reasoning.effort ?? (reasoning.budgetTokens === undefined ? undefined : effortOf(reasoning.budgetTokens));
    additional['thinking'] = { type: 'adaptive' };
    if (effort !== undefined) additional['output_config'] = { effort: effortWord(effort, writing) };
    return undefined;
  }
  const budget = losesReasoningInLoop(messages) ? undefined : fittingBudget(wantedBudget(reasoning), writing);
  if (budget === undefined) return lost.drop(codeOf(writing));
  additional['thinking'] = { type: 'enabled', budget_tokens: budget };
  return undefined;
}

/** The caller's own word for it. */
function codeOf({ conversation }: Writing): string {
  return conversation.dialect === 'anthropic-messages' ? 'thinking' : 'reasoning_effort';
}

function effortOf(budgetTokens: number): string {
  if (budgetTokens < 4_096) return 'low';
  return budgetTokens < 16_384 ? 'medium' : 'high';
}

/** `xhigh` and `max` exist on some adaptive models only; the catalogue does not say which, so both become `high`. */
function effortWord(effort: string, writing: Writing): string {
  if (effort === 'low' || effort === 'medium' || effort === 'high') return effort;
  if (effort === 'minimal') return 'low';
  writing.lost.clamp(codeOf(writing));
  return 'high';
}

/** The budget that fits, with `maxTokens` raised, or named, where it has to be; a smaller one than wanted is disclosed. */
function fittingBudget(wanted: number, writing: Writing): number | undefined {
  const { inference, target, lost } = writing;
  const given = inference['maxTokens'];
  const maxTokens = typeof given === 'number' ? given : wanted + ANSWER_TOKENS;
  const fitted = fitBudget(wanted, maxTokens, Math.min(target.maxOutputTokens ?? Infinity, target.facts.maxOutput ?? Infinity));
  if (fitted === undefined) return undefined;
  if (fitted.budget < wanted) lost.clamp(codeOf(writing));
  inference['maxTokens'] = fitted.maxTokens;
  return fitted.budget;
}

function forcesTool(body: Readonly<Record<string, unknown>>): boolean {
  const config = body['toolConfig'];
  return typeof config === 'object' && config !== null && 'toolChoice' in config;
}

/** With a budget the model wants its reasoning first in the last assistant turn of a tool loop; callers that dropped it cannot have it. */
function losesReasoningInLoop(messages: readonly Message[]): boolean {
  const [before, last] = messages.slice(-2);
  if (before === undefined || last === undefined) return false;
  const [first] = before.content;
  return last.content.some((block) => 'toolResult' in block) && !(first !== undefined && 'reasoningContent' in first);
}
