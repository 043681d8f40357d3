import type { ResponseFormat } from '../../conversation.ts';
import type { FinishReason } from '../../stream-part.ts';
import { fitsSchema } from './fits-schema.ts';

/** What can be told of an answer without knowing what it says. */
export type Fault = 'empty' | 'refused' | 'truncated' | 'not_json' | 'schema' | 'tool_arguments';

export interface AnswerShape {
  readonly finish: FinishReason;
  readonly hasText: boolean;
  readonly hasRefusal: boolean;
  /** undefined where it was not kept, or not whole. */
  readonly text: string | undefined;
  /** Arguments of its tool calls as JSON text. */
  readonly calls: readonly { readonly name: string; readonly json: string }[];
  /** It ended at the model's own limit of output, not at one that the caller or a budget set. */
  readonly hitOwnLimit: boolean;
}

/**
 * What is plainly wrong with a complete answer, or undefined: nothing in it, a refusal, cut off at the model's own limit,
 * tool arguments that are no JSON object, no JSON where JSON was asked for, or JSON that does not meet the schema.
 */
export function faultOf(answer: AnswerShape, format: ResponseFormat | undefined): Fault | undefined {
  if (answer.hasRefusal || answer.finish === 'content_filter') return 'refused';
  if (answer.finish === 'length') return answer.hitOwnLimit ? 'truncated' : undefined;
  if (!answer.hasText && answer.calls.length === 0) return 'empty';
  if (answer.calls.some(({ json }) => !isObject(json))) return 'tool_arguments';
  if (answer.calls.length > 0 || format === undefined || format.type === 'text' || answer.text === undefined) return undefined;
  const value = parsed(answer.text);
  if (value === undefined) return 'not_json';
  return format.type === 'json_schema' && format.schema !== undefined && fitsSchema(value.json, format.schema) === false ? 'schema' : undefined;
}

/** A call without arguments may send none at all. */
function isObject(json: string): boolean {
  if (json.trim() === '') return true;
  const value = parsed(json)?.json;
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
