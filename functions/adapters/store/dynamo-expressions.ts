import { indexName } from './dynamo-tables.ts';
import type { Guard, Item, Key, Op, Query, Value } from './port.ts';

/** Placeholders of one request; names and values never become part of an expression's text. */
class Placeholders {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, Value> = {};
  readonly #byName = new Map<string, string>();
  #values = 0;

  name(name: string): string {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const made = `#n${this.#byName.size}`;
    this.#byName.set(name, made);
    this.names[made] = name;
    return made;
  }

  value(value: Value): string {
    const made = `:v${this.#values}`;
    this.#values += 1;
    this.values[made] = value;
    return made;
  }

  /** DynamoDB refuses empty maps and unused placeholders. */
  attributes() {
    return {
      ...(this.#byName.size > 0 && { ExpressionAttributeNames: this.names }),
      ...(this.#values > 0 && { ExpressionAttributeValues: this.values }),
    };
  }
}

/** Guards of the closed set as a ConditionExpression; a missing attribute counts as 0 for the two bounds. */
function condition(guards: readonly Guard[], to: Placeholders): string {
  return guards.map((guard) => {
    if (!('attr' in guard)) return `${'absent' in guard ? 'attribute_not_exists' : 'attribute_exists'}(${to.name('pk')})`;
    const name = to.name(guard.attr);
    if ('absent' in guard) return `attribute_not_exists(${name})`;
    if ('present' in guard) return `attribute_exists(${name})`;
    if ('equals' in guard) return `${name} = ${to.value(guard.equals)}`;
    const [bound, missingPasses] = 'atMost' in guard ? [`${name} <= ${to.value(guard.atMost)}`, guard.atMost >= 0] : [`${name} >= ${to.value(guard.atLeast)}`, guard.atLeast <= 0];
    return missingPasses ? `(attribute_not_exists(${name}) OR ${bound})` : bound;
  }).join(' AND ');
}

function updateExpression(op: Extract<Op, { update: Key }>, to: Placeholders): string {
  const clauses: string[] = [];
  const set = Object.entries(op.set ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [`${to.name(name)} = ${to.value(value)}`]));
  const add = Object.entries(op.add ?? {}).map(([name, by]) => `${to.name(name)} ${to.value(by)}`);
  const remove = (op.remove ?? []).map((name) => to.name(name));
  if (set.length > 0) clauses.push(`SET ${set.join(', ')}`);
  if (add.length > 0) clauses.push(`ADD ${add.join(', ')}`);
  // A transaction needs an expression even where only the item's existence is wanted; removing nothing is one.
  if (set.length + add.length + remove.length === 0) remove.push(to.name('nothing'));
  if (remove.length > 0) clauses.push(`REMOVE ${remove.join(', ')}`);
  return clauses.join(' ');
}

/** What Put, Update, Delete and their transactional twins have in common, but for the returned values. */
export function opInput(op: Op, tableName: string) {
  const to = new Placeholders();
  const update = 'update' in op ? updateExpression(op, to) : '';
  const conditions = op.guards !== undefined && op.guards.length > 0 ? condition(op.guards, to) : '';
  return {
    TableName: tableName,
    ...('update' in op && { UpdateExpression: update }),
    ...(conditions !== '' && { ConditionExpression: conditions }),
    ...to.attributes(),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
}

export const keyAttributes = ({ pk, sk }: Key) => ({ pk, sk });

/** Partition and sort range of a query that is known to be satisfiable. */
export function queryInput(query: Query, tableName: string) {
  const { index, from, to, prefix } = query;
  const names = new Placeholders();
  const sort = index === undefined ? 'sk' : `${index}s`;
  const conditions = [`${names.name(index === undefined ? 'pk' : `${index}p`)} = ${names.value(query.pk)}`];
  if (prefix !== undefined && prefix !== '') conditions.push(`begins_with(${names.name(sort)}, ${names.value(prefix)})`);
  else if (from !== undefined && from !== '' && to !== undefined) conditions.push(`${names.name(sort)} BETWEEN ${names.value(from)} AND ${names.value(to)}`);
  else if (from !== undefined && from !== '') conditions.push(`${names.name(sort)} >= ${names.value(from)}`);
  else if (to !== undefined) conditions.push(`${names.name(sort)} <= ${names.value(to)}`);
  return {
    TableName: tableName,
    ...(index === undefined ? { ConsistentRead: true } : { IndexName: indexName(index) }),
    KeyConditionExpression: conditions.join(' AND '),
    ...names.attributes(),
    ScanIndexForward: query.reverse !== true,
  };
}

/** An item without its key. */
export function withoutKey(attributes: Record<string, unknown>): Item {
  const { pk: _pk, sk: _sk, ...item } = attributes;
  return item as Item;
}

/** Items inside errors come in DynamoDB's typed form; only the types that the store writes occur. */
export function fromTyped(attributes: Record<string, unknown>): Item {
  const item: Item = {};
  for (const [name, typed] of Object.entries(attributes)) item[name] = untyped(typed as Record<string, unknown>);
  return item;
}

function untyped(typed: Record<string, unknown>): Value {
  if ('S' in typed) return String(typed['S']);
  if ('N' in typed) return Number(typed['N']);
  if ('BOOL' in typed) return typed['BOOL'] === true;
  if ('L' in typed) return (typed['L'] as Record<string, unknown>[]).map(untyped);
  if ('M' in typed) return fromTyped(typed['M'] as Record<string, unknown>);
  return null;
}
