import { fail } from '../errors.ts';

/** Byte offsets of one JSON value: `start` is its first byte, `end` one past its last. */
export interface Span { readonly start: number; readonly end: number }
export interface Edit extends Span { readonly text: string }

export interface BodyScan {
  /** Where each top-level member's value lies, by its decoded name; of a repeated name the last one, as in JSON.parse. */
  readonly members: Map<string, Span>;
  /** Offset just after the opening brace, where a new member followed by a comma may be inserted. */
  readonly insertAt: number;
  /** A top-level name stands there more than once. */
  readonly repeated: boolean;
  /** Some text, at any depth, may read `1h`, however spelt: the one value that needs looking for where the rest is passed on unread. */
  readonly mayReadHour: boolean;
}

export interface ScanBounds { readonly maxDepth: number; readonly maxKeys: number }

const QUOTE = 0x22, BACKSLASH = 0x5c, COLON = 0x3a, COMMA = 0x2c;
const OPEN_BRACE = 0x7b, CLOSE_BRACE = 0x7d, OPEN_BRACKET = 0x5b, CLOSE_BRACKET = 0x5d;
/** So many bytes are cheaper to walk than to search natively. */
const WALK = 64;
const encoder = new TextEncoder();

/** What the scanner knows of an open object or array. */
const ARRAY = 0, OBJECT = 1, CONSTRUCTOR_OBJECT = 2;

/** Where a scan stands; one object per body. */
interface Scan {
  readonly buffer: Buffer;
  readonly bounds: ScanBounds;
  readonly members: Map<string, Span>;
  /** The open objects and arrays, outermost first. */
  readonly kinds: number[];
  expectKey: boolean;
  keys: number;
  /** The top-level member whose value is being read, and where that value starts; −1 between members. */
  name: string;
  valueStart: number;
  valueIsConstructor: boolean;
  repeated: boolean;
  mayReadHour: boolean;
}

/**
 * Walks a JSON object once, without recursion and without building values, and finds its top-level members. It refuses
 * (`invalid_request`) bodies that are not an object, nest deeper than `maxDepth` (the object itself is level 1), hold
 * more than `maxKeys` keys in all, or use `__proto__` or `constructor.prototype` as keys at any level, however spelt.
 * It checks structure only as far as it must to be safe; whether the bytes are JSON is JSON.parse's decision.
 */
export function scanBody(bytes: Uint8Array, bounds: ScanBounds): BodyScan {
  const buffer = asBuffer(bytes);
  const open = skipSpace(buffer, 0);
  if (buffer[open] !== OPEN_BRACE) fail('invalid_request', 'The request body must be a JSON object.');
  const scan: Scan = { buffer, bounds, members: new Map(), kinds: [OBJECT], expectKey: true, keys: 0, name: '', valueStart: -1, valueIsConstructor: false, repeated: false, mayReadHour: false };
  const { kinds } = scan;
  for (let at = open + 1; at < buffer.length;) {
    const byte = buffer[at];
    if (byte === QUOTE) at = scan.expectKey ? takeKey(scan, at) : takeText(scan, at);
    else if (byte === COMMA) {
      if (kinds.length === 1) endMember(scan, at);
      scan.valueIsConstructor = false;
      scan.expectKey = kinds[kinds.length - 1] !== ARRAY;
      at += 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      openNested(scan, byte);
      at += 1;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if ((kinds.pop() === ARRAY) !== (byte === CLOSE_BRACKET)) malformed();
      if (kinds.length === 0) {
        endMember(scan, at);
        return skipSpace(buffer, at + 1) < buffer.length ? malformed() : { members: scan.members, insertAt: open + 1, repeated: scan.repeated, mayReadHour: scan.mayReadHour };
      }
      scan.expectKey = false;
      at += 1;
    } else at += 1;
  }
  return malformed();
}

/** Reads the key that opens at `at`; returns where its value starts. */
function takeKey(scan: Scan, at: number): number {
  const { buffer, bounds, kinds } = scan;
  scan.keys += 1;
  if (scan.keys > bounds.maxKeys) fail('invalid_request', `The request body has more than ${bounds.maxKeys} keys.`);
  const end = endOfString(buffer, at);
  const colon = skipSpace(buffer, end);
  if (buffer[colon] !== COLON) malformed();
  const value = skipSpace(buffer, colon + 1);
  const top = kinds.length === 1;
  const suspicious = isSuspicious(buffer, at, end);
  scan.expectKey = false;
  scan.valueIsConstructor = false;
  if (top || suspicious) {
    const key = decode(buffer, at, end);
    if (suspicious) {
      refuseKey(key, kinds[kinds.length - 1] === CONSTRUCTOR_OBJECT);
      scan.valueIsConstructor = key === 'constructor';
    }
    if (top) {
      scan.name = key;
      scan.valueStart = value;
    }
  }
  return value;
}

/** Passes over the text that opens at `at`. `1h` takes four bytes with its quotes; with one or both of its characters escaped nine or fourteen. */
function takeText(scan: Scan, at: number): number {
  const { buffer } = scan;
  const end = endOfString(buffer, at);
  const size = end - at;
  if (size === 4) scan.mayReadHour ||= buffer[at + 1] === 0x31 && buffer[at + 2] === 0x68;
  else if (size === 9 || size === 14) scan.mayReadHour ||= buffer[at + 1] === BACKSLASH || buffer[at + 2] === BACKSLASH;
  return end;
}

function endMember(scan: Scan, end: number): void {
  if (scan.valueStart < 0) return;
  if (scan.members.has(scan.name)) scan.repeated = true;
  scan.members.set(scan.name, { start: scan.valueStart, end: trimmedEnd(scan.buffer, scan.valueStart, end) });
  scan.valueStart = -1;
}

function openNested(scan: Scan, byte: number): void {
  const { kinds, bounds } = scan;
  if (scan.expectKey) malformed();
  if (kinds.length >= bounds.maxDepth) fail('invalid_request', `The request body is nested more than ${bounds.maxDepth} levels deep.`);
  kinds.push(byte === OPEN_BRACKET ? ARRAY : scan.valueIsConstructor ? CONSTRUCTOR_OBJECT : OBJECT);
  scan.valueIsConstructor = false;
  scan.expectKey = byte === OPEN_BRACE;
}

function malformed(): never {
  return fail('invalid_request', 'The request body is not valid JSON.');
}

/** Replaces spans by texts; the spans must not overlap and may come in any order. Nothing else is touched. */
export function splice(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const sorted = edits.length < 2 ? edits : edits.toSorted((a, b) => a.start - b.start);
  const texts = sorted.map((edit) => encoder.encode(edit.text));
  let size = bytes.length;
  for (const [at, edit] of sorted.entries()) size += (texts[at]?.length ?? 0) - (edit.end - edit.start);
  const out = new Uint8Array(size);
  let from = 0;
  let to = 0;
  for (const [at, edit] of sorted.entries()) {
    out.set(bytes.subarray(from, edit.start), to);
    to += edit.start - from;
    const text = texts[at];
    if (text !== undefined) {
      out.set(text, to);
      to += text.length;
    }
    from = edit.end;
  }
  out.set(bytes.subarray(from), to);
  return out;
}

/** The same memory as a Buffer, whose byte search is native. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function skipSpace(buffer: Buffer, from: number): number {
  let at = from;
  for (; at < buffer.length; at += 1) {
    const byte = buffer[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
  }
  return at;
}

function trimmedEnd(buffer: Buffer, start: number, end: number): number {
  let at = end;
  for (; at > start; at -= 1) {
    const byte = buffer[at - 1];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
  }
  return at;
}

/**
 * One past the closing quote of the string that opens at `open`: a short walk, then a native jump to the next quote, and
 * after an escaped one another walk, so that plain prose is jumped over and text full of quotes is not searched byte by call.
 */
function endOfString(buffer: Buffer, open: number): number {
  for (let at = open + 1; ;) {
    for (const stop = Math.min(buffer.length, at + WALK); at < stop; at += 1) {
      const byte = buffer[at];
      if (byte === QUOTE) return at + 1;
      if (byte === BACKSLASH) at += 1;
    }
    const quote = buffer.indexOf(QUOTE, at);
    if (quote < 0) return malformed();
    // A quote ends the string unless an odd run of backslashes stands before it.
    let slashes = quote - 1;
    while (slashes >= at && buffer[slashes] === BACKSLASH) slashes -= 1;
    if ((quote - 1 - slashes) % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

/** Cheap pre-check: only keys of these lengths, or with an escape in them, can be one of the refused names. */
function isSuspicious(buffer: Buffer, open: number, end: number): boolean {
  const size = end - open - 2;
  if (size === 9 && (buffer[open + 1] === 0x5f || buffer[open + 1] === 0x70)) return true;
  if (size === 11 && buffer[open + 1] === 0x63) return true;
  if (size < 9 || size > 66) return false;
  for (let at = open + 1; at < end; at += 1) if (buffer[at] === BACKSLASH) return true;
  return false;
}

function decode(buffer: Buffer, open: number, end: number): string {
  const raw = buffer.toString('utf8', open + 1, end - 1);
  if (!raw.includes('\\')) return raw;
  try {
    const decoded: unknown = JSON.parse(`"${raw}"`);
    return String(decoded);
  } catch {
    return malformed();
  }
}

function refuseKey(key: string, insideConstructor: boolean): void {
  if (key === '__proto__' || (insideConstructor && key === 'prototype')) {
    fail('invalid_request', `The request body uses the forbidden key ${key === '__proto__' ? '__proto__' : 'constructor.prototype'}.`);
  }
}

const INFRASTRUCTURE = new Set([
  'api_base', 'base_url', 'api_key', 'api_version', 'api_type', 'organization', 'extra_headers', 'extra_body', 'extra_query', 'headers',
  'proxy', 'custom_llm_provider', 'deployment_id',
]);
const INFRASTRUCTURE_PREFIXES = ['azure_', 'aws_', 'vertex_'];
const INFRASTRUCTURE_HEADER = /^(?:x-portkey-|x-litellm-|helicone-|x-upstream-|x-bsg-upstream)/;

/**
 * Throws `invalid_request` naming the first top-level member, query parameter or header with which a caller tries to
 * choose host, credential or transport. Header names are lower-case. Nested members are data.
 */
export function rejectInfrastructureFields(
  memberNames: Iterable<string>, query: URLSearchParams, headers: Readonly<Record<string, string | undefined>>,
): void {
  for (const name of memberNames) if (isInfrastructure(name)) refuseField(name, 'The field');
  for (const name of query.keys()) if (isInfrastructure(name.toLowerCase())) refuseField(name, 'The query parameter');
  for (const name in headers) {
    if (INFRASTRUCTURE_HEADER.test(name)) refuseField(name, 'The header');
  }
}

function isInfrastructure(name: string): boolean {
  return INFRASTRUCTURE.has(name) || INFRASTRUCTURE_PREFIXES.some((prefix) => name.startsWith(prefix));
}

function refuseField(name: string, what: string): never {
  const shown = name.slice(0, 64);
  return fail('invalid_request', `${what} ${shown} is not accepted: callers cannot choose where or how a request is sent.`, { param: shown });
}
