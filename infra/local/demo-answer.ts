/** What the simulated provider was asked, whatever the wire format. */
export interface DemoAsk {
  readonly model: string;
  /** Text of the latest user turn; empty when there is none. */
  readonly question: string;
  /** Text of the tool result that the conversation ends with. */
  readonly toolResult: string | undefined;
  /** The tool that has to be called, with the JSON Schema of its arguments. */
  readonly forcedTool: { readonly name: string; readonly schema: unknown } | undefined;
  /** JSON Schema that the answer has to follow; `true` = any JSON object. */
  readonly jsonSchema: unknown;
  /** In words, which this provider bills as tokens. */
  readonly maxTokens: number;
  readonly inputTokens: number;
}

export type DemoReply =
  | { readonly kind: 'text'; readonly words: readonly string[]; readonly isCut: boolean; readonly outputTokens: number }
  | { readonly kind: 'tool'; readonly name: string; readonly input: Record<string, unknown>; readonly outputTokens: number };

/** The simulated models; each says in every answer what it is. */
export const DEMO_MODELS = ['demo-cheap', 'demo-strong'] as const;
export type DemoModel = (typeof DEMO_MODELS)[number];

const QUOTED_CHARACTERS = 120;

/** The same reply for the same question. */
export function demoReply(ask: DemoAsk): DemoReply {
  if (ask.forcedTool !== undefined && ask.toolResult === undefined) {
    const input = sampleOf(ask.forcedTool.schema);
    return { kind: 'tool', name: ask.forcedTool.name, input: isRecord(input) ? input : {}, outputTokens: Math.ceil(JSON.stringify(input).length / 4) };
  }
  const text = ask.jsonSchema === undefined ? sentences(ask) : JSON.stringify(ask.jsonSchema === true ? { simulated: true, model: ask.model } : sampleOf(ask.jsonSchema));
  const all = text.match(/\S+\s*/g) ?? [];
  const words = all.slice(0, ask.maxTokens);
  return { kind: 'text', words, isCut: words.length < all.length, outputTokens: words.length };
}

function sentences({ model, question, toolResult }: DemoAsk): string {
  const asked = toolResult === undefined ? `You asked: “${quoted(question)}”` : `The tool answered: “${quoted(toolResult)}”`;
  if (model === 'demo-cheap') return `[simulated: demo-cheap] This is a canned answer of the inexpensive demo model; no real model was called. ${asked}.`;
  return `[simulated: demo-strong] This is a canned answer of the expensive demo model; no real model was called. ${asked}. `
    + 'A strong model would now do three things: state the problem in its own words, weigh the alternatives against each other, and check the result before giving it to you.';
}

function quoted(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > QUOTED_CHARACTERS ? `${line.slice(0, QUOTED_CHARACTERS).toWellFormed()}…` : line;
}

const MAX_DEPTH = 12;

/** A value that satisfies the usual parts of a JSON Schema: types, enums, const, required properties, bounds, unions. */
export function sampleOf(schema: unknown, depth = 0): unknown {
  if (!isRecord(schema) || depth > MAX_DEPTH) return 'simulated';
  if ('const' in schema) return schema['const'];
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  if ('default' in schema) return schema['default'];
  for (const union of ['anyOf', 'oneOf', 'allOf']) if (Array.isArray(schema[union])) return sampleOf(schema[union][0], depth + 1);
  const type = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  switch (type) {
    case 'number': case 'integer': return Math.ceil(numberOf(schema['minimum']) ?? numberOf(schema['maximum']) ?? 1);
    case 'boolean': return true;
    case 'null': return null;
    case 'array': return Array.from({ length: Math.min(numberOf(schema['minItems']) ?? 1, 16) }, () => sampleOf(schema['items'], depth + 1));
    case 'string': return stringOf(schema);
    default: return type === 'object' || isRecord(schema['properties']) ? objectOf(schema, depth) : 'simulated';
  }
}

function objectOf(schema: Record<string, unknown>, depth: number): Record<string, unknown> {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {};
  const names = Array.isArray(schema['required']) ? schema['required'].map(String) : Object.keys(properties);
  return Object.fromEntries(names.map((name) => [name, sampleOf(properties[name], depth + 1)]));
}

function stringOf({ format, minLength }: Record<string, unknown>): string {
  const text = format === 'date' ? '2026-01-01' : format === 'date-time' ? '2026-01-01T00:00:00Z' : format === 'email' ? 'simulated@example.com' : format === 'uri' ? 'https://example.com/simulated' : 'simulated';
  return text.padEnd(Math.min(numberOf(minLength) ?? 0, 1_000), 'x');
}

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
export const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
