import type { Condition, RoutingDocument } from '../../contract/index.ts';
import { RESERVED_NAMES, TIERS } from '../../contract/words.ts';
import { MAX_STARS, starsIn } from './pattern.ts';
import type { RegisteredModel } from './policy.ts';
import { ruleWarnings, type RoutingWarning } from './rule-warnings.ts';

/** `pointer` is an RFC 6901 JSON pointer into the routing document. */
export interface RoutingProblem { readonly pointer: string; readonly message: string }

/**
 * What is wrong with a document for these models (errors: it must not be saved), and what is probably not meant
 * (warnings). Nothing that passes can look configured and be inert.
 */
export function validateRouting(document: RoutingDocument, models: ReadonlyMap<string, RegisteredModel>): { errors: RoutingProblem[]; warnings: RoutingWarning[] } {
  const check = new Check(document, models);
  check.aliases();
  check.patterns();
  check.auto();
  return { errors: check.errors, warnings: [...check.warnings, ...ruleWarnings(document)] };
}

const NUMERIC_OPS: ReadonlySet<string> = new Set(['gt', 'gte', 'lt', 'lte', 'between']);
const NUMERIC_FIELDS: ReadonlySet<string> = new Set(['input_tokens', 'turns', 'tool_count', 'hour', 'score', 'spend_today_pct', 'spend_month_pct']);
const BOOLEAN_FIELDS: ReadonlySet<string> = new Set(['has_code', 'has_error_trace', 'has_images']);
const WEEKDAYS: ReadonlySet<string> = new Set(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);
const reserved = (name: string): boolean => (RESERVED_NAMES as readonly string[]).includes(name);

class Check {
  readonly errors: RoutingProblem[] = [];
  readonly warnings: RoutingWarning[] = [];
  readonly #document: RoutingDocument;
  readonly #models: ReadonlyMap<string, RegisteredModel>;
  readonly #aliasNames: ReadonlySet<string>;

  constructor(document: RoutingDocument, models: ReadonlyMap<string, RegisteredModel>) {
    this.#document = document;
    this.#models = models;
    this.#aliasNames = new Set(document.aliases.map((alias) => alias.name));
  }

  #error(pointer: string, message: string): void {
    this.errors.push({ pointer, message });
  }

  #target(pointer: string, target: string): void {
    if (target.startsWith('model:')) this.#model(pointer, target.slice('model:'.length));
    else if (target.startsWith('tier:') && this.#document.auto.tiers[target.slice('tier:'.length) as (typeof TIERS)[number]].length === 0) {
      this.warnings.push({ kind: 'empty_tier', pointer, message: `The tier "${target.slice('tier:'.length)}" has no models.` });
    }
  }

  #model(pointer: string, id: string): void {
    if (id.endsWith('*')) this.#error(pointer, `"${id}" stands for many models; name one of them.`);
    else if (!this.#known(id)) this.#error(pointer, this.#aliasNames.has(id) ? `"${id}" is an alias; name a model instead.` : `There is no model "${id}".`);
    else if (this.#models.get(id)?.enabled === false) this.warnings.push({ kind: 'disabled_target', pointer, message: `The model "${id}" is disabled.` });
  }

  #known(id: string): boolean {
    if (this.#models.has(id)) return true;
    return [...this.#models.keys()].some((known) => known.endsWith('*') && id.startsWith(known.slice(0, -1)));
  }

  aliases(): void {
    const seen = new Set<string>();
    for (const [at, alias] of this.#document.aliases.entries()) {
      const pointer = `/aliases/${at}`;
      if (reserved(alias.name)) this.#error(`${pointer}/name`, `"${alias.name}" is a reserved word.`);
      if (seen.has(alias.name)) this.#error(`${pointer}/name`, `There are two aliases "${alias.name}".`);
      if (this.#known(alias.name)) this.warnings.push({ kind: 'alias_equals_model', pointer: `${pointer}/name`, message: `There is a model "${alias.name}", and models are found first, so this alias never decides.` });
      seen.add(alias.name);
      this.#target(`${pointer}/target`, alias.target);
    }
  }

  patterns(): void {
    const ids = new Set<string>();
    for (const [at, rule] of this.#document.patterns.entries()) {
      const pointer = `/patterns/${at}`;
      if (ids.has(rule.id)) this.#error(`${pointer}/id`, `There are two rules "${rule.id}".`);
      ids.add(rule.id);
      if (rule.glob === undefined && rule.conditions.length === 0) this.#error(pointer, 'A rule needs a glob or a condition; use the glob * to catch everything.');
      if (rule.glob !== undefined && starsIn(rule.glob) > MAX_STARS) this.#error(`${pointer}/glob`, `A glob may have at most ${MAX_STARS} asterisks.`);
      this.#target(`${pointer}/target`, rule.target);
      for (const [index, id] of rule.fallbacks.entries()) this.#model(`${pointer}/fallbacks/${index}`, id);
      for (const [index, condition] of rule.conditions.entries()) this.#condition(`${pointer}/conditions/${index}`, condition);
    }
  }

  /** A comparison that can never hold is a mistake, not a rule. */
  #condition(pointer: string, { field, op, value }: Condition): void {
    const values = Array.isArray(value) ? value : [value];
    const numeric = NUMERIC_FIELDS.has(field);
    if (op === 'between' && (values.length !== 2 || values.some((item) => typeof item !== 'number') || Number(values[0]) > Number(values[1]))) {
      this.#error(`${pointer}/value`, 'between takes two numbers, the lower one first.');
    } else if (NUMERIC_OPS.has(op) && (BOOLEAN_FIELDS.has(field) || (!numeric && !field.startsWith('metadata.')))) {
      this.#error(`${pointer}/op`, `${op} compares numbers, and ${field} is none.`);
    } else if (NUMERIC_OPS.has(op) && op !== 'between' && (values.length !== 1 || typeof values[0] !== 'number')) {
      this.#error(`${pointer}/value`, `${op} takes one number.`);
    } else if ((numeric || BOOLEAN_FIELDS.has(field)) && (op === 'contains' || op === 'starts_with' || op === 'glob')) {
      this.#error(`${pointer}/op`, `${op} looks into text, and ${field} is none.`);
    } else if (numeric && (op === 'eq' || op === 'in') && values.some((item) => typeof item !== 'number')) {
      this.#error(`${pointer}/value`, `${field} is compared with numbers.`);
    } else if (BOOLEAN_FIELDS.has(field) && values.some((item) => typeof item !== 'boolean')) {
      this.#error(`${pointer}/value`, `${field} is true or false.`);
    } else if (field === 'weekday' && (op === 'eq' || op === 'in') && values.some((item) => !WEEKDAYS.has(String(item).toLowerCase()))) {
      this.#error(`${pointer}/value`, 'A weekday is mon, tue, wed, thu, fri, sat or sun.');
    } else if (!numeric && !BOOLEAN_FIELDS.has(field) && !field.startsWith('metadata.') && values.some((item) => typeof item === 'boolean')) {
      this.#error(`${pointer}/value`, `${field} is text, never true or false.`);
    } else if (op === 'eq' && Array.isArray(value)) {
      this.#error(`${pointer}/value`, 'eq takes one value; use in for several.');
    } else if (op === 'glob' && values.some((item) => starsIn(String(item)) > MAX_STARS)) {
      this.#error(`${pointer}/value`, `A glob may have at most ${MAX_STARS} asterisks.`);
    }
  }

  /** Switched on, and yet nothing would be compared: without a judge, without money, or without a price to hold against the cap. */
  #shadow({ judgeModel, shadow, tiers }: RoutingDocument['auto']): void {
    const idle = (pointer: string, message: string): void => void this.warnings.push({ kind: 'idle_shadow', pointer, message });
    if (judgeModel === null) idle('/auto/judgeModel', 'Shadow judging is on and has no judge model, so nothing is compared.');
    else if (this.#models.get(judgeModel)?.price === null) idle('/auto/judgeModel', `The judge model "${judgeModel}" has no price, so its cost cannot be held against the daily cap and nothing is compared.`);
    if (shadow.dailyUsd === 0) idle('/auto/shadow/dailyUsd', 'Shadow judging is on with a daily cap of 0, so nothing is compared.');
    const unpriced = [...new Set(TIERS.flatMap((tier) => tiers[tier]))].filter((id) => this.#models.get(id)?.price === null);
    if (unpriced.length > 0) idle('/auto/tiers', `Without a price these models are never compared: ${unpriced.join(', ')}.`);
  }

  auto(): void {
    const { auto } = this.#document;
    if (auto.boundaries !== null && auto.dial !== null) this.#error('/auto/dial', 'Set either the dial or the boundaries, not both.');
    if (auto.boundaries !== null && auto.boundaries[0] >= auto.boundaries[1]) this.#error('/auto/boundaries', 'The lower boundary must come first and the two must differ.');
    for (const tier of TIERS) {
      for (const [at, id] of auto.tiers[tier].entries()) {
        this.#model(`/auto/tiers/${tier}/${at}`, id);
        if (auto.tiers[tier].indexOf(id) < at) this.#error(`/auto/tiers/${tier}/${at}`, `The tier "${tier}" names "${id}" twice.`);
      }
    }
    if (auto.judgeModel !== null) this.#model('/auto/judgeModel', auto.judgeModel);
    if (auto.strategy === 'llm' && auto.judgeModel === null) this.#error('/auto/judgeModel', 'The strategy llm needs a judge model.');
    if (auto.shadow.enabled) this.#shadow(auto);
    if (TIERS.every((tier) => auto.tiers[tier].length === 0)) this.warnings.push({ kind: 'empty_tier', pointer: '/auto/tiers', message: 'No tier has a model, so "auto" cannot be served.' });
  }
}
