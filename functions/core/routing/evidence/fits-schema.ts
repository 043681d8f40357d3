import { isFields, type Fields } from '../../dialects/fields.ts';

/** Comparisons one check may make: both the schema and the answer come from outside. */
const MAX_STEPS = 50_000;
const MAX_DEPTH = 64;

/**
 * Whether a value meets a JSON schema, as far as these keywords say: type, const, enum, properties, required,
 * additionalProperties, items, anyOf, oneOf, allOf, and `$ref` into the document's own definitions (json-schema.org,
 * draft 2020-12). All others, patterns above all, are taken as met: a pattern out of a request must not run here.
 * undefined = it would take too long to tell.
 */
export function fitsSchema(value: unknown, schema: unknown): boolean | undefined {
  const check = new Check(schema);
  try {
    const fits = check.fits(value, schema, 0);
    return check.isOver ? undefined : fits;
  } catch {
    // Only a value of absurd depth gets here: it parses, but cannot be written again to be compared.
    return undefined;
  }
}

class Check {
  readonly #root: unknown;
  #steps = 0;

  constructor(root: unknown) {
    this.#root = root;
  }

  get isOver(): boolean {
    return this.#steps > MAX_STEPS;
  }

  fits(value: unknown, schema: unknown, depth: number): boolean {
    this.#steps += 1;
    if (depth > MAX_DEPTH) this.#steps = MAX_STEPS + 1;
    if (this.isOver || schema === true) return true;
    if (schema === false) return false;
    if (!isFields(schema)) return true;
    const { $ref: ref } = schema;
    if (typeof ref === 'string' && !this.fits(value, this.#resolved(ref), depth + 1)) return false;
    return typeFits(value, schema['type']) && this.#valueFits(value, schema) && this.#membersFit(value, schema, depth) && this.#combinedFit(value, schema, depth);
  }

  #valueFits(value: unknown, schema: Fields): boolean {
    if ('const' in schema && !this.#same(value, schema['const'])) return false;
    const { enum: options } = schema;
    return !Array.isArray(options) || options.some((option) => this.#same(value, option));
  }

  #same(a: unknown, b: unknown): boolean {
    this.#steps += 1;
    return a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));
  }

  #membersFit(value: unknown, schema: Fields, depth: number): boolean {
    const { properties, required, additionalProperties: others, items, prefixItems } = schema;
    if (Array.isArray(value)) return items === undefined || prefixItems !== undefined || value.every((item) => this.fits(item, items, depth + 1));
    if (!isFields(value)) return true;
    if (Array.isArray(required) && !required.every((name) => typeof name !== 'string' || Object.hasOwn(value, name))) return false;
    const known = isFields(properties) ? properties : {};
    for (const [name, inner] of Object.entries(value)) {
      if (Object.hasOwn(known, name)) {
        if (!this.fits(inner, known[name], depth + 1)) return false;
      } else if (others !== undefined && schema['patternProperties'] === undefined && !this.fits(inner, others, depth + 1)) return false;
    }
    return true;
  }

  #combinedFit(value: unknown, { anyOf, oneOf, allOf }: Fields, depth: number): boolean {
    const fits = (option: unknown): boolean => this.fits(value, option, depth + 1);
    if (Array.isArray(anyOf) && !anyOf.some(fits)) return false;
    // Keywords that are not checked here may be what tells the options apart: more than one fit says nothing.
    if (Array.isArray(oneOf) && !oneOf.some(fits)) return false;
    return !Array.isArray(allOf) || allOf.every(fits);
  }

  /** A pointer into this very document (RFC 6901); anything else counts as met. */
  #resolved(ref: string): unknown {
    if (ref !== '#' && !ref.startsWith('#/')) return true;
    let found: unknown = this.#root;
    for (const step of ref.split('/').slice(1)) {
      const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
      if (!isFields(found) || !Object.hasOwn(found, name)) return true;
      found = found[name];
    }
    return found;
  }
}

function typeFits(value: unknown, type: unknown): boolean {
  if (Array.isArray(type)) return type.some((one) => typeFits(value, one));
  switch (type) {
    case 'object': return isFields(value);
    case 'array': return Array.isArray(value);
    case 'string': case 'boolean': return typeof value === type;
    case 'number': return typeof value === 'number';
    case 'integer': return typeof value === 'number' && Number.isInteger(value);
    case 'null': return value === null;
    default: return true;
  }
}
