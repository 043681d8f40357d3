import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Effect, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

const NAMES = ['tenants', 'models', 'rules', 'keys', 'audit', 'usage'] as const;
export type TableName = (typeof NAMES)[number];
const INDEXES = ['i1', 'i2', 'i3'];

/** What the functions do to items; scans and batches are not among them. */
export const READ = ['GetItem', 'Query'] as const;
export const WRITE = ['PutItem', 'UpdateItem', 'DeleteItem'] as const;
export type TableAction = (typeof READ)[number] | (typeof WRITE)[number];

/** Every way to change an item, the ones that nobody uses included. */
const CHANGES = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'PartiQLInsert', 'PartiQLUpdate', 'PartiQLDelete'];
/** Of these, the ones that change or remove an audit event; PartiQL as a whole, since it hides what it does from conditions. */
const REWRITES = ['UpdateItem', 'DeleteItem', 'BatchWriteItem', 'PartiQLInsert', 'PartiQLUpdate', 'PartiQLDelete', 'PartiQLSelect'];

export interface TablesProps { readonly retain: boolean }
export interface AllowedItems {
  /** Only partition keys that match one of these; `*` at the end stands for the rest. Default: all. */
  readonly partitions?: readonly string[];
  /** Queries over the indexes too. Default: false. */
  readonly indexes?: boolean;
}

/**
 * The six tables of the store, as `functions/adapters/store/dynamo-tables.ts` describes them (a test compares), on the
 * service's own encryption key: with a key of ours, whoever may read a table could also use that key.
 */
export class Tables extends Construct {
  readonly byName: Readonly<Record<TableName, Table>>;

  constructor(scope: Construct, id: string, { retain }: TablesProps) {
    super(scope, id);
    this.byName = Object.fromEntries(NAMES.map((name) => [name, this.table(name, retain)])) as Record<TableName, Table>;
  }

  /** `BSG_TABLE_TENANTS` and so on, for the functions. */
  environment(): Record<string, string> {
    return Object.fromEntries(NAMES.map((name) => [`BSG_TABLE_${name.toUpperCase()}`, this.byName[name].tableName]));
  }

  /** Lets a role do `actions` on items of one table. */
  allow(role: Role, name: TableName, actions: readonly TableAction[], { partitions, indexes = false }: AllowedItems = {}): void {
    role.addToPrincipalPolicy(new PolicyStatement({
      actions: actions.map((action) => `dynamodb:${action}`),
      resources: indexes ? this.arns(name) : [this.byName[name].tableArn],
      // `ForAllValues` alone also holds for a request that names no partition at all.
      ...(partitions && {
        conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions }, Null: { 'dynamodb:LeadingKeys': 'false' } },
      }),
    }));
  }

  /** Forbids every change, whatever other statements may one day allow. */
  denyChanges(role: Role, ...names: readonly TableName[]): void {
    this.deny(role, CHANGES, names.map((name) => this.byName[name].tableArn));
  }

  /** Forbids to change or remove audit events; adding one is a matter of `allow`. */
  denyRewritingHistory(role: Role): void {
    this.deny(role, REWRITES, this.arns('audit'));
  }

  private deny(role: Role, actions: readonly string[], resources: string[]): void {
    role.addToPrincipalPolicy(new PolicyStatement({ effect: Effect.DENY, actions: actions.map((action) => `dynamodb:${action}`), resources }));
  }

  private arns(name: TableName): string[] {
    const arn = this.byName[name].tableArn;
    return [arn, ...INDEXES.map((index) => `${arn}/index/by-${index}`)];
  }

  private table(name: TableName, retain: boolean): Table {
    const text = (attribute: string) => ({ name: attribute, type: AttributeType.STRING });
    const table = new Table(this, name[0]?.toUpperCase() + name.slice(1), {
      partitionKey: text('pk'),
      sortKey: text('sk'),
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expiresAt',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: retain,
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      // The archive reads it, and takes anything but a new event (or the service's own expiry) for an alarm.
      ...(name === 'audit' && { stream: StreamViewType.NEW_AND_OLD_IMAGES }),
    });
    for (const index of INDEXES) table.addGlobalSecondaryIndex({ indexName: `by-${index}`, partitionKey: text(`${index}p`), sortKey: text(`${index}s`) });
    return table;
  }
}
