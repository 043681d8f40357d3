import { EventSplitter, parseEvent, type SseEvent } from '../../functions/core/dialects/sse.ts';

export function blocksOf(chunks: readonly Uint8Array[]): Uint8Array[] {
  const splitter = new EventSplitter();
  const blocks = chunks.flatMap((chunk) => splitter.push(chunk));
  const rest = splitter.rest();
  return rest.length === 0 ? blocks : [...blocks, rest];
}

export function eventsOf(text: string): SseEvent[] {
  return blocksOf([Buffer.from(text)]).flatMap((block) => parseEvent(block) ?? []);
}
