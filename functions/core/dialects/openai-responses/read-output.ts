import type { StreamPart } from '../../stream-part.ts';
import { isFields, listIn, textIn, type Fields } from '../fields.ts';
import { wrapInput } from './freeform.ts';

/** An annotation in the nested form of chat completions, which is the neutral one; others as they are. */
export function citation(annotation: unknown): StreamPart[] {
  if (!isFields(annotation)) return [];
  const { type, ...described } = annotation;
  return [{ type: 'citation', raw: type === 'url_citation' && described['url_citation'] === undefined ? { type, url_citation: described } : annotation }];
}

/** The name, id and arguments of a call item; undefined for items that are no call of the caller's tools. */
export function callOf(item: Fields): { id: string | undefined; name: string; json: string; freeform: boolean } | undefined {
  const freeform = item['type'] === 'custom_tool_call';
  if (item['type'] !== 'function_call' && !freeform) return undefined;
  const text = textIn(item, freeform ? 'input' : 'arguments') ?? '';
  return { id: textIn(item, 'call_id') ?? textIn(item, 'id'), name: textIn(item, 'name') ?? '', json: freeform ? wrapInput(text) : text, freeform };
}

/** What every item says that is neither words nor thoughts nor a call of the caller's tools: that the provider runs a tool, or has run one. */
export function hostedItem(item: Fields): StreamPart[] {
  const kind = textIn(item, 'type');
  return kind === undefined || kind === 'message' || kind === 'reasoning' || callOf(item) !== undefined ? [] : [{ type: 'hosted', kind }];
}

/** Summary and reasoning texts of a reasoning item, a blank line between them. */
export function thoughtOf(item: Fields): string {
  return [...listIn(item, 'summary'), ...listIn(item, 'content')].map((part) => (isFields(part) ? textIn(part, 'text') ?? '' : '')).filter((text) => text !== '').join('\n\n');
}
