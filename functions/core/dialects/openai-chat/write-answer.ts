import type { TokenUsage } from '../../money/usage.ts';
import { mergeUsage } from '../../money/usage.ts';
import type { StreamPart } from '../../stream-part.ts';
import type { AnswerEnvelope } from '../codec.ts';
import { shortHash } from '../tools.ts';
import { AnswerUnwrapper } from '../unwrap-answer.ts';
import { annotation } from './annotations.ts';
import { writeFinish } from './finish.ts';
import { writeUsage } from './usage.ts';

/**
 * Writes a whole chat completion (translation cases D63–D67). Unknown usage is left out. Reasoning is a plain string in
 * `reasoning_content`, signatures travel in `thinking_blocks`, the upstream's own word for the end in `native_finish_reason`.
 */
export function writeAnswer(parts: readonly StreamPart[], envelope: AnswerEnvelope): unknown {
  const gathered = gather(parts, envelope.requestId);
  const { finish, usage } = gathered;
  const written = writeUsage(usage);
  return {
    id: `chatcmpl-${envelope.requestId}`,
    object: 'chat.completion',
    created: envelope.created,
    model: envelope.model,
    choices: [{
      index: 0,
      message: message(gathered),
      logprobs: null,
      finish_reason: writeFinish(finish?.reason ?? 'stop'),
      ...(finish?.raw !== undefined && { native_finish_reason: finish.raw }),
    }],
    ...(written && { usage: written }),
  };
}

interface Call { id: string; type: 'function'; function: { name: string; arguments: string } }

interface Gathered {
  text: string;
  reasoning: string;
  refusal: string;
  blocks: Record<string, unknown>[];
  calls: Call[];
  annotations: unknown[];
  usage: TokenUsage | undefined;
  finish: Extract<StreamPart, { type: 'finish' }> | undefined;
}

function message(gathered: Gathered): Record<string, unknown> {
  const { text, reasoning, refusal, blocks, calls, annotations, finish } = gathered;
  // A refusal that the upstream put into plain text is said in both places (D66).
  const refused = refusal !== '' ? refusal : finish?.raw === 'refusal' && text !== '' ? text : null;
  return {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
    refusal: refused,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(blocks.length > 0 && { thinking_blocks: blocks }),
    ...(annotations.length > 0 && { annotations }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function gather(parts: readonly StreamPart[], requestId: string): Gathered {
  const gathered: Gathered = { text: '', reasoning: '', refusal: '', blocks: [], calls: [], annotations: [], usage: undefined, finish: undefined };
  const unwrapper = new AnswerUnwrapper();
  let thought = '';
  for (const raw of parts) {
    const part = unwrapper.take(raw);
    if (part === undefined) continue;
    if (part.type === 'reasoning') thought += part.text;
    else if (part.type === 'reasoning-signature') {
      gathered.blocks.push({ type: 'thinking', thinking: thought, signature: part.signature });
      thought = '';
    }
    add(part, gathered, requestId);
  }
  return gathered;
}

function add(part: StreamPart, gathered: Gathered, requestId: string): void {
  switch (part.type) {
    case 'text':
      gathered.text += part.text;
      break;
    case 'reasoning':
      gathered.reasoning += part.text;
      break;
    case 'reasoning-redacted':
      gathered.blocks.push({ type: 'redacted_thinking', data: part.data });
      break;
    case 'refusal':
      gathered.refusal += part.text;
      break;
    case 'tool-start':
      gathered.calls[part.index] = { id: part.id ?? missingId(requestId, part.index), type: 'function', function: { name: part.name, arguments: '' } };
      break;
    case 'tool-delta': {
      const call = gathered.calls[part.index];
      if (call !== undefined) call.function.arguments += part.json;
      break;
    }
    case 'tool-end': {
      const call = gathered.calls[part.index];
      if (call?.function.arguments === '') call.function.arguments = '{}';
      break;
    }
    case 'citation': {
      const written = annotation(part.raw, gathered.text.length);
      if (written !== undefined) gathered.annotations.push(written);
      break;
    }
    case 'usage':
      gathered.usage = mergeUsage(gathered.usage, part.usage);
      break;
    case 'finish':
      gathered.finish = part;
      break;
    default:
  }
}

/** An id for a call that came without one: the same for the same request and place. */
export function missingId(requestId: string, index: number): string {
  return `call_${shortHash(`${requestId}:${index}`, 24)}`;
}
