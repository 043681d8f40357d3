import { parseArguments } from '../tools.ts';

/*
 * Custom tools of the Responses API take free text instead of JSON. Elsewhere they travel as a function with one
 * string parameter, and are turned back on the way to the caller.
 */

export const FREEFORM_SCHEMA = {
  type: 'object', properties: { input: { type: 'string', description: 'The whole input of the tool, as plain text.' } }, required: ['input'], additionalProperties: false,
} as const;

/** Free text as the arguments of the stand-in function. */
export const wrapInput = (input: string): string => JSON.stringify({ input });

/** The free text in such arguments; arguments of any other form are the text themselves, so that nothing is lost. */
export function unwrapInput(json: string): string {
  const input = parseArguments(json)?.['input'];
  return typeof input === 'string' ? input : json;
}
