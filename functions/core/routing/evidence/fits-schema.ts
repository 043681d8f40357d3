import { isFields, type Fields } from '../../dialects/fields.ts';

/** What one check may cost, in comparisons: both the schema and the answer come from outside. */
const MAX_STEPS = 50_000;
const MAX_DEPTH = 64;
/** Characters that are read or written at about the cost of one comparison. */
const CHARS_PER_STEP = 64;

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
  /** Each object is written as text or taken apart once, and each reference followed once, however often it is met. */
  readonly #texts = new Map<object, string>();
  readonly #members = new Map<object, readonly [string, unknown][]>();
  readonly #references = new Map<string, unknown>();

  constructor(root: unknown) {
    this.#root = root;
  }

  get isOver(): boolean {
    return this.#steps > MAX_STEPS;
  }

  /** Once over, everything fits: the answer is not looked at any more, and every loop is to end soon. */
  fits(value: unknown, schema: unknown, depth: number): boolean {
    this.#steps += 1;
    if (depth > MAX_DEPTH) this.#steps = MAX_STEPS + 1;
    if (this.isOver || schema === true) return true;
    if (schema === false) return false;
    if (!isFields(schema)) return true;
    const { $ref: ref } = schema;
    if (typeof ref === 'string' && !this.fits(value, this.#referred(ref), depth + 1)) return false;
    return this.#typeFits(value, schema['type']) && this.#valueFits(value, schema) && this.#membersFit(value, schema, depth) && this.#combinedFit(value, schema, depth);
  }

  #typeFits(value: unknown, type: unknown): boolean {
    return Array.isArray(type) ? type.some((one) => this.#stepped() || isOfType(value, one)) : isOfType(value, type);
  }

  /** One step more; true when there are none left. */
  #stepped(steps = 1): boolean {
    this.#steps += steps;
    return this.isOver;
  }

  #valueFits(value: unknown, schema: Fields): boolean {
    if ('const' in schema && !this.#same(value, schema['const'])) return false;
    const { enum: options } = schema;
    return !Array.isArray(options) || options.some((option) => this.#same(value, option));
  }

  #same(a: unknown, b: unknown): boolean {
    if (this.#stepped()) return true;
    if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null) return a === b || this.#equal(this.#text(a), this.#text(b));
    return typeof a === 'string' && typeof b === 'string' ? this.#equal(a, b) : a === b;
  }

  /** Texts of different lengths are told apart without reading them. */
  #equal(a: string, b: string): boolean {
    return a.length === b.length && (this.#stepped(a.length / CHARS_PER_STEP) || a === b);
  }

  #text(value: object): string {
    const known = this.#texts.get(value);
    if (known !== undefined) return known;
    const text = JSON.stringify(value);
    this.#texts.set(value, text);
    this.#steps += text.length / CHARS_PER_STEP;
    return text;
  }

  #membersFit(value: unknown, schema: Fields, depth: number): boolean {
    const { properties, required, additionalProperties: others, items, prefixItems } = schema;
    if (Array.isArray(value)) return items === undefined || prefixItems !== undefined || value.every((item) => this.fits(item, items, depth + 1));
    if (!isFields(value)) return true;
    // What is over ends the loop too: the answer is given up then.
    if (Array.isArray(required) && !required.every((name) => !this.#stepped() && (typeof name !== 'string' || Object.hasOwn(value, name)))) return this.isOver;
    if (!isFields(properties) && others === undefined) return true;
    const known = isFields(properties) ? properties : {};
    for (const [name, inner] of this.#membersOf(value)) {
      if (this.#stepped()) return true;
      if (Object.hasOwn(known, name)) {
        if (!this.fits(inner, known[name], depth + 1)) return false;
      } else if (others !== undefined && schema['patternProperties'] === undefined && !this.fits(inner, others, depth + 1)) return false;
    }
    return true;
  }

  #membersOf(value: Fields): readonly [string, unknown][] {
    const known = this.#members.get(value);
    if (known !== undefined) return known;
    const members = Object.entries(value);
    this.#members.set(value, members);
    return members;
  }

  #combinedFit(value: unknown, { anyOf, oneOf, allOf }: Fields, depth: number): boolean {
    const fits = (option: unknown): boolean => this.fits(value, option, depth + 1);
    if (Array.isArray(anyOf) && !anyOf.some(fits)) return false;
    // Keywords that are not checked here may be what tells the options apart: more than one fit says nothing.
    if (Array.isArray(oneOf) && !oneOf.some(fits)) return false;
    return !Array.isArray(allOf) || allOf.every(fits);
  }

  #referred(ref: string): unknown {
    if (!this.#references.has(ref)) this.#references.set(ref, this.#resolved(ref));
    return this.#references.get(ref);
  }

  /** A pointer into this very document (RFC 6901); anything else counts as met. */
  #resolved(ref: string): unknown {
    this.#steps += ref.length / CHARS_PER_STEP;
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

function isOfType(value: unknown, type: unknown): boolean {
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
