import type { Dialect } from '../conversation.ts';
import { anthropicMessages } from './anthropic-messages/codec.ts';
import type { DialectCodec } from './codec.ts';
import { openaiChat } from './openai-chat/codec.ts';
import { openaiResponses } from './openai-responses/codec.ts';

export type { AnswerEnvelope, DialectCodec, StreamReader, StreamWriter, WriteTarget, WrittenRequest } from './codec.ts';

export type ServedDialect = Dialect;

export const codecs: Record<ServedDialect, DialectCodec> = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
};
