import { isFields } from '../fields.ts';
import { fitBudget, wantedBudget } from '../thinking-budget.ts';
import type { Writing } from './writing.ts';

/**
 * Turns a wish for reasoning into what the model has (D34): adaptive models get `output_config.effort`, budget models a
 * budget of at least 1,024 and below `max_tokens`. Thinking is left out, and disclosed, where the API would refuse it:
 * beside a forced tool choice (D20), and in a tool loop whose last assistant turn has lost its thinking blocks.
 */
export function writeThinking(writing: Writing): void {
  const { conversation, target, body, lost } = writing;
  const { reasoning } = conversation;
  if (reasoning === undefined || reasoning.mode === 'off') return;
  const kind = target.facts.thinking ?? (writing.same && reasoning.budgetTokens !== undefined ? 'budget' : 'none');
  const code = writing.same ? 'thinking' : 'reasoning_effort';
  if (kind === 'none' || forcesTool(body)) {
    lost.drop(code);
    return;
  }
  if (kind === 'adaptive') {
    const effort = reasoning.effort ?? (reasoning.budgetTokens === undefined ? undefined : effortOf(reasoning.budgetTokens));
    body['thinking'] = { type: 'adaptive' };
    if (effort !== undefined) body['output_config'] = { effort: effortWord(effort, writing) };
    return;
  }
  const budget = fittingBudget(wantedBudget(reasoning), writing);
  if (budget === undefined || losesThinkingInLoop(body)) lost.drop(code);
  else body['thinking'] = { type: 'enabled', budget_tokens: budget };
}

function effortOf(budgetTokens: number): string {
  if (budgetTokens < 4_096) return 'low';
  return budgetTokens < 16_384 ? 'medium' : 'high';
}

/** `xhigh` and `max` exist on some adaptive models only; the catalogue does not say which, so both become `high`. */
function effortWord(effort: string, { lost, same }: Writing): string {
  if (effort === 'low' || effort === 'medium' || effort === 'high' || same) return effort;
  if (effort === 'minimal') return 'low';
  lost.clamp('reasoning_effort');
  return 'high';
}

/** The budget that fits, with `max_tokens` raised where it has to be; a smaller one than wanted is disclosed. */
function fittingBudget(wanted: number, { body, target, lost }: Writing): number | undefined {
  const fitted = fitBudget(wanted, Number(body['max_tokens']), Math.min(target.maxOutputTokens ?? Infinity, target.facts.maxOutput ?? Infinity));
  if (fitted === undefined || fitted.budget < wanted) lost.clamp('reasoning_effort');
  if (fitted !== undefined) body['max_tokens'] = fitted.maxTokens;
  return fitted?.budget;
}

function forcesTool(body: Readonly<Record<string, unknown>>): boolean {
  const choice = body['tool_choice'];
  return isFields(choice) && (choice['type'] === 'any' || choice['type'] === 'tool');
}

/** With a budget the API wants thinking first in the last assistant turn of a tool loop; callers that dropped it cannot have it. */
function losesThinkingInLoop(body: Readonly<Record<string, unknown>>): boolean {
  const messages = body['messages'];
  if (!Array.isArray(messages)) return false;
  const [before, last] = messages.slice(-2);
  if (!isFields(before) || !isFields(last)) return false;
  const results = Array.isArray(last['content']) && last['content'].some((block) => isFields(block) && block['type'] === 'tool_result');
  const first: unknown = Array.isArray(before['content']) ? before['content'][0] : undefined;
  return results && !(isFields(first) && (first['type'] === 'thinking' || first['type'] === 'redacted_thinking'));
}
