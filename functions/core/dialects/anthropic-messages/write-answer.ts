import { fail } from '../../errors.ts';
import { mergeUsage, type TokenUsage } from '../../money/usage.ts';
import type { StreamPart } from '../../stream-part.ts';
import type { AnswerEnvelope } from '../codec.ts';
import { parseArguments, shortHash } from '../tools.ts';
import { AnswerUnwrapper } from '../unwrap-answer.ts';
import { writeFinish } from './finish.ts';
import { writeUsage } from './usage.ts';

interface TextBlock { readonly type: 'text'; text: string }
interface ThinkingBlock { readonly type: 'thinking' | 'redacted_thinking'; readonly thinking?: string; readonly signature?: string; readonly data?: string }
interface ToolBlock { readonly type: 'tool_use'; readonly id: string; readonly name: string; json: string }
type Block = TextBlock | ThinkingBlock | ToolBlock;

interface Gathered {
  readonly blocks: Block[];
  readonly tools: Map<number, ToolBlock>;
  thought: string;
  refused: boolean;
  usage: TokenUsage | undefined;
  finish: Extract<StreamPart, { type: 'finish' }> | undefined;
}

/**
 * Writes a whole message (translation cases D69–D73): neighbouring texts are one block, an empty answer has no block, a refusal is
 * text. Reasoning without a signature is left out, because replaying it would be refused (D74). Throws
 * `upstream_invalid_response` for tool arguments that are no JSON object (D72); if the answer was cut off by its length, the
 * unfinished call is left out instead.
 */
export function writeAnswer(parts: readonly StreamPart[], envelope: AnswerEnvelope): unknown {
  const gathered: Gathered = { blocks: [], tools: new Map(), thought: '', refused: false, usage: undefined, finish: undefined };
  const unwrapper = new AnswerUnwrapper();
  for (const raw of parts) {
    const part = unwrapper.take(raw);
    if (part !== undefined) add(part, gathered, envelope.requestId);
  }
  const reason = gathered.finish?.reason ?? 'stop';
  const stopSequence = gathered.finish?.stopSequence;
  return {
    id: `msg_${envelope.requestId}`,
    type: 'message',
    role: 'assistant',
    model: envelope.model,
    content: gathered.blocks.flatMap((block) => finished(block, reason === 'length')),
    stop_reason: gathered.refused ? 'refusal' : writeFinish(reason, stopSequence),
    stop_sequence: stopSequence ?? null,
    usage: writeUsage(gathered.usage, envelope.inputTokens),
  };
}

function add(part: StreamPart, gathered: Gathered, requestId: string): void {
  const { blocks, tools } = gathered;
  switch (part.type) {
    case 'text':
    case 'refusal': {
      if (part.type === 'refusal') gathered.refused = true;
      const last = blocks.at(-1);
      if (last?.type === 'text') last.text += part.text;
      else if (part.text !== '') blocks.push({ type: 'text', text: part.text });
      break;
    }
    case 'reasoning':
      gathered.thought += part.text;
      break;
    case 'reasoning-signature':
      blocks.push({ type: 'thinking', thinking: gathered.thought, signature: part.signature });
      gathered.thought = '';
      break;
    case 'reasoning-redacted':
      blocks.push({ type: 'redacted_thinking', data: part.data });
      break;
    case 'tool-start': {
      const tool: ToolBlock = { type: 'tool_use', id: part.id ?? missingId(requestId, part.index), name: part.name, json: '' };
      tools.set(part.index, tool);
      blocks.push(tool);
      break;
    }
    case 'tool-delta': {
      const tool = tools.get(part.index);
      if (tool !== undefined) tool.json += part.json;
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

function finished(block: Block, cutOff: boolean): unknown[] {
  if (block.type !== 'tool_use') return [block];
  const input = parseArguments(block.json);
  if (input === undefined) {
    if (cutOff) return [];
    return fail('upstream_invalid_response', 'The model called a tool with arguments that are not valid JSON.', { retryable: true, blameless: true });
  }
  return [{ type: block.type, id: block.id, name: block.name, input }];
}

/** An id for a call that came without one: the same for the same request and place. */
export function missingId(requestId: string, index: number): string {
  return `toolu_${shortHash(`${requestId}:${index}`, 24)}`;
}
