import { anthropicMessages } from './anthropic-messages/codec.ts';
import type { DialectCodec } from './codec.ts';
import { openaiChat } from './openai-chat/codec.ts';

export type { AnswerEnvelope, DialectCodec, StreamReader, StreamWriter, WriteTarget, WrittenRequest } from './codec.ts';

export type ServedDialect = 'openai-chat' | 'anthropic-messages';

export const codecs: Record<ServedDialect, DialectCodec> = {
  'openai-chat': openaiChat,
  'anthropic-messages': anthropicMessages,
};
