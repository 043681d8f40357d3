import type { StreamPart } from '../../stream-part.ts';
import type { AnswerEnvelope } from '../codec.ts';
import { AnswerUnwrapper } from '../unwrap-answer.ts';
import { OutputBuilder } from './output-builder.ts';
import { endingOf, ResponseObject, type Item } from './response-object.ts';

/** Writes a whole response. Unknown usage is left out; reasoning of other providers is a summary whose signature travels in `encrypted_content`. */
export function writeAnswer(parts: readonly StreamPart[], envelope: AnswerEnvelope): Item {
  const builder = new OutputBuilder(envelope, () => {});
  const response = new ResponseObject(envelope);
  const unwrapper = new AnswerUnwrapper();
  let ending = endingOf('stop');
  for (const raw of parts) {
    const part = unwrapper.take(raw);
    if (part === undefined) continue;
    if (part.type === 'usage') response.count(part.usage);
    else if (part.type === 'finish') ending = endingOf(part.reason);
    else builder.take(part);
  }
  return response.ended(ending, builder.finish(ending.status));
}
