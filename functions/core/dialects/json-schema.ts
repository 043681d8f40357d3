import { isFields } from './fields.ts';

/** Keywords that Anthropic's structured outputs refuse; they only narrow values, so without them the schema still fits. */
const UNSUPPORTED = new Set([
  'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength', 'minItems', 'maxItems', 'uniqueItems',
  'minProperties', 'maxProperties', 'patternProperties', 'propertyNames', 'contains', 'minContains', 'maxContains', 'if', 'then', 'else', 'not',
]);
/** Members whose values map free names to schemas: the names there are data, never keywords. */
const NAME_MAPS = new Set(['properties', '$defs', 'definitions']);
/** Members that hold plain values. */
const VALUES = new Set(['enum', 'const', 'default', 'examples', 'required', 'type']);

/**
 * The schema as Anthropic's structured outputs accept it (platform docs, "structured outputs"): every object closed with
 * `additionalProperties: false`, unsupported keywords left out. `stripped` says whether any was. Depth is bounded by the
 * bound of request bodies.
 */
export function closedSchema(schema: unknown): { schema: unknown; stripped: boolean } {
  const state = { stripped: false };
  return { schema: closed(schema, state), stripped: state.stripped };
}

function closed(schema: unknown, state: { stripped: boolean }): unknown {
  if (Array.isArray(schema)) return schema.map((item) => closed(item, state));
  if (!isFields(schema)) return schema;
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(schema)) {
    if (UNSUPPORTED.has(name)) state.stripped = true;
    else if (VALUES.has(name)) out[name] = value;
    else if (NAME_MAPS.has(name) && isFields(value)) {
      out[name] = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, closed(inner, state)]));
    } else out[name] = closed(value, state);
  }
  const type = out['type'];
  if (type === 'object' || (Array.isArray(type) && type.includes('object')) || ('properties' in out && type === undefined)) {
    if (out['additionalProperties'] !== undefined && out['additionalProperties'] !== false) state.stripped = true;
    out['additionalProperties'] = false;
  }
  return out;
}

/**
 * Whether OpenAI's strict mode takes the schema: every object closed and every property required (platform docs,
 * "structured outputs: supported schemas").
 */
export function qualifiesForStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(qualifiesForStrict);
  if (!isFields(schema)) return true;
  const { properties, required } = schema;
  if (schema['type'] === 'object' || isFields(properties)) {
    if (schema['additionalProperties'] !== false) return false;
    const names = isFields(properties) ? Object.keys(properties) : [];
    const needed = new Set<unknown>(Array.isArray(required) ? required : []);
    if (!names.every((name) => needed.has(name))) return false;
  }
  return Object.entries(schema).every(([name, value]) => {
    if (VALUES.has(name)) return true;
    return NAME_MAPS.has(name) && isFields(value) ? Object.values(value).every(qualifiesForStrict) : qualifiesForStrict(value);
  });
}
