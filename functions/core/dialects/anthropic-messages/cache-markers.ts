import { isFields } from '../fields.ts';

const MAX_MARKERS = 4;

/**
 * Anthropic accepts four cache markers in a request. Of more, the first (the part shared by most requests) and the last
 * three (the longest prefixes) stay (D36). Markers are removed in place from the freshly written body, in the order in which
 * the API reads them: tools, system, messages. True when any was removed.
 */
export function boundCacheMarkers(body: Record<string, unknown>): boolean {
  const marked: Record<string, unknown>[] = [];
  for (const name of ['tools', 'system', 'messages']) collect(body[name], marked);
  if (marked.length <= MAX_MARKERS) return false;
  for (const block of marked.slice(1, marked.length - MAX_MARKERS + 1)) delete block['cache_control'];
  return true;
}

function collect(list: unknown, marked: Record<string, unknown>[]): void {
  if (!Array.isArray(list)) return;
  for (const item of list) {
    if (!isFields(item)) continue;
    if (item['role'] !== undefined || item['type'] === 'tool_result') collect(item['content'], marked);
    if (item['cache_control'] !== undefined) marked.push(item as Record<string, unknown>);
  }
}
