import { crc32 } from 'node:zlib';

/** A header as a test writes it: a string (type 7), or a type with its raw value bytes. */
export type WrittenHeader = string | { readonly type: number; readonly value: Uint8Array };

/** One frame of `application/vnd.amazon.eventstream`, byte for byte as the specification says; both checksums right. */
export function frame(headers: Readonly<Record<string, WrittenHeader>>, payload: Uint8Array | string): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)));
  const body = Buffer.from(payload);
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(16 + head.length + body.length, 0);
  prelude.writeUInt32BE(head.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const front = Buffer.concat([prelude, head, body]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(front));
  return Buffer.concat([front, checksum]);
}

function header(name: string, value: WrittenHeader): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value.value;
  const sized = typeof value === 'string' ? Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([Buffer.byteLength(name)]), Buffer.from(name), Buffer.from([typeof value === 'string' ? 7 : value.type]), sized]);
}

/** An event as Bedrock sends it: padded by a member `p`, so that its size tells nothing of its text. */
export function event(type: string, payload: object): Buffer {
  const padded = { ...payload, p: 'abcdefghijklmnopqrstuvwxyz'.slice(0, 1 + (JSON.stringify(payload).length % 26)) };
  return frame({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' }, JSON.stringify(padded));
}

export function exception(type: string, payload: object): Buffer {
  return frame({ ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' }, JSON.stringify(payload));
}

/** The same bytes with one bit turned over; negative positions count from the end. */
export function corrupted(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const place = at < 0 ? copy.length + at : at;
  copy.writeUInt8(copy.readUInt8(place) ^ 0x10, place);
  return copy;
}

export const USAGE = { inputTokens: 10, outputTokens: 5, totalTokens: 15 };

export interface ScriptedAnswer { readonly stopReason?: string; readonly usage?: object | null }

/** A whole ConverseStream answer around the frames of its blocks. */
export function answerOf(blocks: readonly Buffer[], { stopReason = 'end_turn', usage = USAGE }: ScriptedAnswer = {}): Buffer[] {
  return [
    event('messageStart', { role: 'assistant' }), ...blocks, event('messageStop', { stopReason }),
    ...(usage === null ? [] : [event('metadata', { usage, metrics: { latencyMs: 7 } })]),
  ];
}

/** Text blocks have no start event. */
export function textBlock(words: readonly string[], contentBlockIndex = 0): Buffer[] {
  return [...words.map((text) => event('contentBlockDelta', { contentBlockIndex, delta: { text } })), event('contentBlockStop', { contentBlockIndex })];
}

export function toolBlock(name: string, fragments: readonly string[], contentBlockIndex = 0, toolUseId = `tooluse_${contentBlockIndex}`): Buffer[] {
  return [
    event('contentBlockStart', { contentBlockIndex, start: { toolUse: { toolUseId, name } } }),
    ...fragments.map((input) => event('contentBlockDelta', { contentBlockIndex, delta: { toolUse: { input } } })),
    event('contentBlockStop', { contentBlockIndex }),
  ];
}

/** Cuts bytes into chunks of the given sizes, over and over. */
export function rechunked(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
