import type { Dialect, WireFormat } from '../conversation.ts';
import { anthropicMessages } from './anthropic-messages/codec.ts';
import { bedrockConverse } from './bedrock-converse/codec.ts';
import type { DialectCodec, UpstreamCodec } from './codec.ts';
import { openaiChat } from './openai-chat/codec.ts';
import { openaiEmbeddings } from './openai-embeddings/codec.ts';
import { openaiResponses } from './openai-responses/codec.ts';

export type { AnswerEnvelope, BlockSplitter, DialectCodec, Framing, StreamReader, StreamWriter, UpstreamCodec, WriteTarget, WrittenRequest } from './codec.ts';

export type ServedDialect = Dialect;

export const codecs: Record<ServedDialect, DialectCodec> = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
};

/** Everything an upstream may speak. */
export const upstreamCodecs: Record<WireFormat, UpstreamCodec> = { ...codecs, 'bedrock-converse': bedrockConverse, 'openai-embeddings': openaiEmbeddings };
