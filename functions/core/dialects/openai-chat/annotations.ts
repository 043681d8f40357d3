import { isFields, textIn } from '../fields.ts';

/**
 * A citation as an OpenAI annotation (D63): web sources become `url_citation` at the place in the text where they were named;
 * annotations pass as they are; sources without an address have no OpenAI form.
 */
export function annotation(raw: unknown, offset: number): unknown {
  if (!isFields(raw)) return undefined;
  if (raw['type'] === 'url_citation') return raw;
  const url = textIn(raw, 'url');
  if (url === undefined) return undefined;
  return { type: 'url_citation', url_citation: { url, title: textIn(raw, 'title') ?? '', start_index: offset, end_index: offset } };
}
