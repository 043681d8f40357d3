import type { UpstreamCodec } from '../codec.ts';
import { frameEvent, FrameSplitter } from './event-stream.ts';
import { readAnswer } from './read-answer.ts';
import { readStream } from './read-stream.ts';
import { writeRequest } from './write-request.ts';

/** Amazon Bedrock Converse and ConverseStream, as an upstream only. */
export const bedrockConverse: UpstreamCodec = {
  writeRequest, readAnswer, readStream, framing: { splitter: () => new FrameSplitter(), parse: frameEvent },
};
