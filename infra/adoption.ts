import { readFileSync } from 'node:fs';
import { Stack, Tags, type CfnElement, type StackProps } from 'aws-cdk-lib';
import type { UserPool } from 'aws-cdk-lib/aws-cognito';
import { Construct, type IConstruct } from 'constructs';
import { AuditArchive } from './constructs/audit-archive.ts';
import { makeUserPool } from './constructs/identity.ts';
import { PepperKey } from './constructs/pepper-key.ts';
import { Tables } from './constructs/tables.ts';
import { VaultKey } from './constructs/vault-key.ts';
import { OptionError } from './option.ts';
import type { GatewayOptions } from './options.ts';

/** What outlives a stack and is worth having again. */
export interface Kept {
  readonly tables: Tables;
  readonly vault: VaultKey;
  readonly pepper: PepperKey;
  readonly archive: AuditArchive;
  readonly pool: UserPool;
}

/** Property that names a resource to CloudFormation → how the last part of its ARN begins. */
const IDENTIFIERS = { TableName: /:table\/([^/]+)$/, KeyId: /:key\/([^/]+)$/, BucketName: /:::([^/]+)$/, UserPoolId: /:userpool\/([^/]+)$/ };
interface Part { readonly construct: IConstruct; readonly identifier: keyof typeof IDENTIFIERS }

/** The parts by the names that their tags carry: names of the product, which stay when constructs are moved. */
export const partsOf = ({ tables, vault, pepper, archive, pool }: Kept): Record<string, Part> => ({
  ...Object.fromEntries(Object.entries(tables.byName).map(([name, construct]) => [`table-${name}`, { construct, identifier: 'TableName' }] as const)),
  'vault-key': { construct: vault.key, identifier: 'KeyId' },
  'pepper-key': { construct: pepper.key, identifier: 'KeyId' },
  'audit-archive': { construct: archive.bucket, identifier: 'BucketName' },
  'access-logs': { construct: archive.accessLogs, identifier: 'BucketName' },
  'user-pool': { construct: pool, identifier: 'UserPoolId' },
});

const STACK_TAG = 'bsgateway:stack';
const PART_TAG = 'bsgateway:part';

/** Writes on every part which one it is and of which stack, so that it can be found when the stack is gone. */
export function tagParts(kept: Kept, stackName: string): void {
  for (const [name, { construct }] of Object.entries(partsOf(kept))) {
    Tags.of(construct).add(STACK_TAG, stackName);
    Tags.of(construct).add(PART_TAG, name);
  }
}

export type ResourceMapping = Record<string, Partial<Record<keyof typeof IDENTIFIERS, string>>>;

/**
 * The stack's lasting parts alone, with the logical names, and nothing beside them, that they have in the whole stack: what `cdk import`
 * needs to take over what a removed stack of that name has left. Throws `OptionError` when the list of it is no such list, or
 * is not complete: a mixture of old and new parts would be worth nothing.
 */
export class AdoptionStack extends Stack {
  /** Logical name → identifier, for `cdk import --resource-mapping`. */
  readonly mapping: ResourceMapping;

  constructor(scope: Construct, id: string, { options, list, ...props }: StackProps & { readonly options: Pick<GatewayOptions, 'archiveLockDays'>; readonly list: string }) {
    super(scope, id, props);
    const keep = { retain: true };
    const kept: Kept = {
      tables: new Tables(this, 'Tables', keep), vault: new VaultKey(this, 'VaultKey', keep), pepper: new PepperKey(this, 'PepperKey', keep),
      archive: new AuditArchive(this, 'AuditArchive', { lockDays: options.archiveLockDays, ...keep }), pool: makeUserPool(new Construct(this, 'Identity'), true),
    };
    tagParts(kept, id);
    const parts = partsOf(kept);
    const arns = readList(list, id, Object.keys(parts));
    this.mapping = Object.fromEntries(Object.entries(parts).map(([name, { construct, identifier }]) => {
      const arn = arns.get(name) ?? '';
      const [, value] = IDENTIFIERS[identifier].exec(arn) ?? [];
      if (value === undefined) throw new OptionError(`Option adopt accepts a list in which ${name} is what its name says, not ${arn}.`);
      return [this.getLogicalId(construct.node.defaultChild as CfnElement), { [identifier]: value }];
    }));
  }
}

/** ARN by name of the part, from what `aws resourcegroupstaggingapi get-resources` answered. */
function readList(file: string, stackName: string, needed: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { ResourceARN: arn, Tags: tags } of resourcesIn(file)) {
    const tag = (name: string): string | undefined => tags.find(({ Key }) => Key === name)?.Value;
    const part = tag(PART_TAG);
    if (part === undefined || tag(STACK_TAG) !== stackName) continue;
    if (found.has(part)) throw new OptionError(`Option adopt accepts one removed stack, but ${file} names two of ${part}: take the one out that you do not want.`);
    found.set(part, arn);
  }
  const missing = needed.filter((part) => !found.has(part));
  if (missing.length > 0) throw new OptionError(`Option adopt accepts all parts of a removed stack ${stackName} or none, and ${file} lacks ${missing.join(', ')}.`);
  return found;
}

interface Listed { readonly ResourceARN: string; readonly Tags: readonly { readonly Key: string; readonly Value: string }[] }

function resourcesIn(file: string): readonly Listed[] {
  try {
    const { ResourceTagMappingList: list } = JSON.parse(readFileSync(file, 'utf8')) as { ResourceTagMappingList?: readonly Partial<Listed>[] };
    if (Array.isArray(list) && list.every(({ ResourceARN, Tags: tags }) => typeof ResourceARN === 'string' && Array.isArray(tags))) return list as readonly Listed[];
  } catch { /* said below */ }
  throw new OptionError(`Option adopt accepts a file with the answer of "aws resourcegroupstaggingapi get-resources", which ${file} is not.`);
}
