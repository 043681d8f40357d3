import { fail } from '../../errors.ts';
import type { UpstreamCodec } from '../codec.ts';
import { readAnswer } from './read-answer.ts';

const onlyPassed = (): never => fail('not_implemented', 'Embeddings are passed on as they are, never translated and never streamed.');

/** OpenAI embeddings: requests and answers pass byte for byte, so only metering reads them. */
export const openaiEmbeddings: UpstreamCodec = { writeRequest: onlyPassed, readAnswer, readStream: onlyPassed };
