import { isFields } from '../fields.ts';
import type { Writing } from './writing.ts';

/** Thinking tokens for each of OpenAI's efforts, on models that take a budget. */
const BUDGETS: Readonly<Record<string, number>> = { minimal: 1_024, low: 2_048, medium: 8_192, high: 16_384, xhigh: 32_768, max: 32_768 };
const LEAST_BUDGET = 1_024;

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
  const budget = fittingBudget(reasoning.budgetTokens ?? BUDGETS[reasoning.effort ?? 'medium'] ?? BUDGETS['medium'] ?? LEAST_BUDGET, writing);
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

/** At most four fifths of `max_tokens` go to thinking; a smaller `max_tokens` grows within the model's limit. */
function fittingBudget(wanted: number, { body, target, lost }: Writing): number | undefined {
  const maxTokens = Number(body['max_tokens']);
  const budget = Math.max(LEAST_BUDGET, Math.min(wanted, Math.floor(maxTokens * 0.8)));
  if (budget < wanted) lost.clamp('reasoning_effort');
  if (budget < maxTokens) return budget;
  const most = Math.min(target.maxOutputTokens ?? Infinity, target.facts.maxOutput ?? Infinity);
  const raised = Math.min(maxTokens + budget, most);
  if (raised <= budget) return undefined;
  body['max_tokens'] = raised;
  return budget;
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
