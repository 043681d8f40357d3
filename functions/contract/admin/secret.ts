import * as z from 'zod/mini';

/** Where a value stands in another: member names, and `*` for every entry of a list or record. */
export type SecretPath = readonly string[];

const SECRETS = z.registry<{ readonly secret: true }>();

/** Marks a field as secret: its value never gets into an audit event. Optional, nullable and default wrappers and further checks keep the mark. */
export function secret<T extends z.core.$ZodType>(schema: T): T {
  SECRETS.add(schema, { secret: true });
  return schema;
}

/** Whether a schema is marked itself. */
// `get` follows the schemas that a schema was copied from when checks were added to it.
export const isMarked = (schema: z.core.$ZodType): boolean => SECRETS.get(schema)?.secret === true;

/**
 * The places of all marked fields of a schema; of a union, those of every alternative. Meant for the top level of a
 * module: throws for a mark whose place cannot be told (behind `lazy`, a transformation, a set or a map, as the key of a
 * record, or on the whole), rather than let its value through later.
 */
export function secretPaths(schema: z.core.$ZodType): readonly SecretPath[] {
  const found = new Map<string, SecretPath>();
  walk(schema, [], (path) => { found.set(JSON.stringify(path), path); });
  return [...found.values()];
}

type Def = z.core.$ZodTypes['_zod']['def'];

function walk(schema: z.core.$ZodType, path: SecretPath, note: (path: SecretPath) => void): void {
  if (isMarked(schema)) {
    if (path.length === 0) throw new Error('a whole record cannot be secret: mark its fields');
    note(path);
    return;
  }
  const def = schema._zod.def as Def;
  switch (def.type) {
    case 'object':
      for (const [name, member] of Object.entries(def.shape)) walk(member, [...path, name], note);
      if (def.catchall !== undefined) walk(def.catchall, [...path, '*'], note);
      return;
    case 'array': return walk(def.element, [...path, '*'], note);
    case 'tuple':
      for (const [index, item] of def.items.entries()) walk(item, [...path, String(index)], note);
      if (def.rest !== null) walk(def.rest, [...path, '*'], note);
      return;
    case 'record':
      refuse(def.keyType, path);
      return walk(def.valueType, [...path, '*'], note);
    case 'union':
      for (const option of def.options) walk(option, path, note);
      return;
    case 'intersection':
      walk(def.left, path, note);
      return walk(def.right, path, note);
    case 'optional': case 'nullable': case 'default': case 'prefault': case 'nonoptional': case 'readonly': case 'catch': case 'success':
      return walk(def.innerType, path, note);
    default: refuse(schema, path);
  }
}

/** Nothing below here may be marked. A schema that refers to itself is followed once. */
function refuse(schema: z.core.$ZodType, path: SecretPath, seen = new Set<z.core.$ZodType>()): void {
  if (seen.has(schema)) return;
  seen.add(schema);
  if (isMarked(schema)) throw new Error(`the secret at /${path.join('/')} stands where it cannot be found again: mark a plain field`);
  for (const part of partsOf(schema._zod.def as Def)) refuse(part, path, seen);
}

function partsOf(def: Def): readonly z.core.$ZodType[] {
  if (def.type === 'lazy') return [def.getter()];
  return Object.values(def).flatMap((part: unknown) => (isSchema(part) ? [part] : typeof part === 'object' && part !== null ? Object.values(part).filter(isSchema) : []));
}

const isSchema = (value: unknown): value is z.core.$ZodType => typeof value === 'object' && value !== null && '_zod' in value;
