import { answerOf, corrupted, event, exception, frame, textBlock, toolBlock } from './event-stream.ts';

const reasoning = (delta: object, contentBlockIndex = 0): Buffer => event('contentBlockDelta', { contentBlockIndex, delta: { reasoningContent: delta } });
const stop = (contentBlockIndex: number): Buffer => event('contentBlockStop', { contentBlockIndex });

/** The answers that stand in `test/fixtures/bedrock-converse/<name>.bin`, frame by frame. */
export const CONVERSE_FIXTURES: Readonly<Record<string, readonly Buffer[]>> = {
  text: answerOf(textBlock(['Hel', 'lo, ', 'wörld 🌍'])),
  'tool-use': answerOf([...textBlock(['Let me see.']), ...toolBlock('get_weather', ['', '{"city": ', '"Köln"}'], 1)], { stopReason: 'tool_use' }),
  'parallel-tools': answerOf([...toolBlock('a', ['{"x":1}'], 0), ...toolBlock('b', ['{"y":', '2}'], 1)], { stopReason: 'tool_use' }),
  'tool-without-arguments': answerOf(toolBlock('now', []), { stopReason: 'tool_use' }),
  reasoning: answerOf([
    reasoning({ text: 'Let me ' }), reasoning({ text: 'think.' }), reasoning({ signature: 'c2lnbmF0dXJl' }), stop(0),
    reasoning({ redactedContent: 'cmVkYWN0ZWQ=' }, 1), stop(1), ...textBlock(['42'], 2),
  ]),
  citations: answerOf([
    event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'It is so.' } }),
    event('contentBlockDelta', { contentBlockIndex: 0, delta: { citation: { title: 'Book', sourceContent: [{ text: 'so' }], location: { documentPage: { documentIndex: 0, start: 3, end: 4 } } } } }), stop(0),
  ]),
  'cache-usage': answerOf(textBlock(['ok']), {
    usage: { inputTokens: 3, outputTokens: 5, totalTokens: 1108, cacheReadInputTokens: 1000, cacheWriteInputTokens: 100, cacheDetails: [{ ttl: '1h', inputTokens: 60 }, { ttl: '5m', inputTokens: 40 }] },
  }),
  'max-tokens': answerOf(textBlock(['cut']), { stopReason: 'max_tokens' }),
  guardrail: answerOf(textBlock(['Sorry.']), { stopReason: 'guardrail_intervened' }),
  'malformed-tool': answerOf(toolBlock('a', ['{"x":']), { stopReason: 'malformed_tool_use' }),
  'no-metadata': answerOf(textBlock(['ok']), { usage: null }),
  'throttled-first': [exception('throttlingException', { message: 'Too many tokens, please wait before trying again.' })],
  'error-mid-stream': [...answerOf(textBlock(['par'])).slice(0, 2), exception('modelStreamErrorException', { message: 'The system encountered an unexpected error.', originalStatusCode: 500 })],
  'unmodelled-error': [frame({ ':message-type': 'error', ':error-code': 'InternalError', ':error-message': 'An internal error occurred.' }, '')],
  'unknown-event': answerOf([event('somethingNew', { a: 1 }), ...textBlock(['ok']), event('contentBlockDelta', { contentBlockIndex: 0, delta: { hologram: {} } })]),
  truncated: answerOf(textBlock(['Hel', 'lo'])).slice(0, 3),
  'bad-checksum': answerOf(textBlock(['Hel', 'lo'])).map((bytes, at) => (at === 2 ? corrupted(bytes, -6) : bytes)),
  'bad-prelude': answerOf(textBlock(['Hel', 'lo'])).map((bytes, at) => (at === 2 ? corrupted(bytes, 2) : bytes)),
};
