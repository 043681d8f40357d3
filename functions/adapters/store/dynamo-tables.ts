import { INDEXES, TABLES, type Index, type Table } from './port.ts';

/** A string attribute pair that makes up a key. */
export interface KeyPair { readonly partitionKey: string; readonly sortKey: string }
export interface TableDescription extends KeyPair {
  readonly table: Table;
  /** Sparse, all attributes projected: an item without both attributes is not in the index and costs nothing there. */
  readonly indexes: readonly (KeyPair & { readonly name: string })[];
  /** Epoch seconds. */
  readonly ttlAttribute: string;
}

/** An index's name in DynamoDB, where names have at least three characters. */
export const indexName = (index: Index): string => `by-${index}`;

/** The tables as the store needs them: the one description for the stack that makes them and for the tests. */
export const DYNAMO_TABLES: readonly TableDescription[] = TABLES.map((table) => ({
  table,
  partitionKey: 'pk',
  sortKey: 'sk',
  indexes: INDEXES.map((index) => ({ name: indexName(index), partitionKey: `${index}p`, sortKey: `${index}s` })),
  ttlAttribute: 'expiresAt',
}));

/** The input of DynamoDB's CreateTable for one table, billed on demand. */
export function createTableInput(description: TableDescription, tableName: string) {
  const schema = ({ partitionKey, sortKey }: KeyPair) => [
    { AttributeName: partitionKey, KeyType: 'HASH' as const }, { AttributeName: sortKey, KeyType: 'RANGE' as const },
  ];
  const attributes = [description, ...description.indexes].flatMap(({ partitionKey, sortKey }) => [partitionKey, sortKey]);
  return {
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST' as const,
    KeySchema: schema(description),
    AttributeDefinitions: attributes.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
    GlobalSecondaryIndexes: description.indexes.map((index) => ({
      IndexName: index.name, KeySchema: schema(index), Projection: { ProjectionType: 'ALL' as const },
    })),
  };
}
