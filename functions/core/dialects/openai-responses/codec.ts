import type { DialectCodec } from '../codec.ts';
import { errorBody, errorEvent, errorStatus } from './map-error.ts';
import { readAnswer } from './read-answer.ts';
import { readRequest } from './read-request.ts';
import { readStream } from './read-stream.ts';
import { writeAnswer } from './write-answer.ts';
import { writeRequest } from './write-request.ts';
import { writeStream } from './write-stream.ts';

/** OpenAI Responses, stateless: nothing is stored, so nothing can be referred to. */
export const openaiResponses: DialectCodec = {
  readRequest, writeRequest, readAnswer, writeAnswer, readStream, writeStream, errorStatus, errorBody, errorEvent: (failure) => errorEvent(failure),
};
