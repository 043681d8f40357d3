import { countIn, fieldsIn, listIn, textIn, type Fields } from '../fields.ts';

/** Bedrock's places in a source, and the words that Anthropic has for each: type, first, last. */
const PLACES = [
  ['documentChar', 'char_location', 'start_char_index', 'end_char_index'],
  ['documentPage', 'page_location', 'start_page_number', 'end_page_number'],
  ['documentChunk', 'content_block_location', 'start_block_index', 'end_block_index'],
] as const;

/**
 * A citation of a Converse answer in Anthropic's form (types of both APIs), which every writer of ours understands; one
 * that names a place nobody knows passes as it is.
 */
export function readCitation(citation: Fields): unknown {
  const location = fieldsIn(citation, 'location');
  const citedText = listIn(citation, 'sourceContent').map((source) => textIn(source as Fields | undefined, 'text') ?? '').join('');
  const title = textIn(citation, 'title') ?? null;
  const web = fieldsIn(location, 'web');
  if (web !== undefined) return { type: 'web_search_result_location', cited_text: citedText, url: textIn(web, 'url') ?? '', title };
  for (const [place, type, first, last] of PLACES) {
    const at = fieldsIn(location, place);
    if (at === undefined) continue;
    return {
      type, cited_text: citedText, document_index: countIn(at, 'documentIndex') ?? 0, document_title: title,
      [first]: countIn(at, 'start') ?? 0, [last]: countIn(at, 'end') ?? 0,
    };
  }
  return citation;
}
