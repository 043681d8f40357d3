import type { ModelFacts } from '../../contract/index.ts';
import type { Reasoning } from '../conversation.ts';

/** Thinking tokens for each of OpenAI's efforts, on models that take a budget. */
const BUDGETS: Readonly<Record<string, number>> = { minimal: 1_024, low: 2_048, medium: 8_192, high: 16_384, xhigh: 32_768, max: 32_768 };
const LEAST_BUDGET = 1_024;

/** Thinking tokens that the caller wishes for, named or said as an effort. */
export function wantedBudget({ budgetTokens, effort = 'medium' }: Reasoning): number {
  return budgetTokens ?? BUDGETS[effort] ?? BUDGETS['medium'] ?? LEAST_BUDGET;
}

/**
 * At most four fifths of `maxTokens` go to thinking, and at least what the API takes; a smaller `maxTokens` grows for it, up to
 * `most` (D34). undefined = the limit leaves no room for both thinking and an answer.
 */
export function fitBudget(wanted: number, maxTokens: number, most: number): { readonly budget: number; readonly maxTokens: number } | undefined {
  const budget = Math.max(LEAST_BUDGET, Math.min(wanted, Math.floor(maxTokens * 0.8)));
  if (budget < maxTokens) return { budget, maxTokens };
  const raised = Math.min(maxTokens + budget, most);
  return raised <= budget ? undefined : { budget, maxTokens: raised };
}

/** Output tokens that a body for a model with these facts may name where `maxTokens` were asked for: what has to be paid for, if it thinks. */
export function maxTokensWithThinking(reasoning: Reasoning | undefined, facts: ModelFacts, maxTokens: number, most: number): number {
  if (reasoning === undefined || reasoning.mode === 'off' || facts.thinking !== 'budget') return maxTokens;
  return fitBudget(wantedBudget(reasoning), maxTokens, most)?.maxTokens ?? maxTokens;
}
