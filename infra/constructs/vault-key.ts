import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AccountRootPrincipal, AnyPrincipal, ArnPrincipal, Effect, PolicyDocument, PolicyStatement, type IRole, type Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

/**
 * What the account may do with a key: look after it, but neither use it nor hand out its use by a grant. Named one by
 * one, because `kms:*` in a key policy lets any identity policy of the account decrypt.
 */
export const KEY_CARE = [
  'CancelKeyDeletion', 'DescribeKey', 'DisableKey', 'DisableKeyRotation', 'EnableKey', 'EnableKeyRotation', 'GetKeyPolicy', 'GetKeyRotationStatus',
  'ListAliases', 'ListGrants', 'ListKeyPolicies', 'ListKeyRotations', 'ListResourceTags', 'PutKeyPolicy', 'RevokeGrant', 'RotateKeyOnDemand',
  'ScheduleKeyDeletion', 'TagResource', 'UntagResource', 'UpdateKeyDescription',
].map((action) => `kms:${action}`);

/** A key policy's own "this key": in a key policy, `*` means the key that it belongs to and nothing else. */
export const careStatement = (): PolicyStatement =>
  new PolicyStatement({ sid: 'Care', principals: [new AccountRootPrincipal()], actions: KEY_CARE, resources: ['*'] });

const CONTEXT_FIELDS = ['app', 'tenantId', 'credentialId', 'purpose'];

/**
 * A request must carry exactly the four fields, and ours as `app`. `ForAllValues` holds for an empty context too, which
 * is why each field is also required to be there.
 */
const CONTEXT = {
  'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': CONTEXT_FIELDS },
  StringEquals: { 'kms:EncryptionContext:app': 'bsgateway' },
  Null: Object.fromEntries(CONTEXT_FIELDS.map((field) => [`kms:EncryptionContext:${field}`, 'false'])),
};

export interface VaultKeyProps { readonly retain: boolean }

/**
 * The key under which provider credentials are sealed. One role opens, others seal, and the key's own policy refuses
 * everybody else, however wide their rights in the account. It never encrypts tables or buckets.
 */
export class VaultKey extends Construct {
  readonly key: Key;
  private openedBy: IRole | undefined;

  constructor(scope: Construct, id: string, { retain }: VaultKeyProps) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      description: 'BSGateway: seals provider credentials',
      enableKeyRotation: true,
      pendingWindow: Duration.days(30),
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      policy: new PolicyDocument({ statements: [careStatement(), NEVER] }),
    });
  }

  /** `kms:GenerateDataKey` alone: a data key to seal with, and no way to unwrap one again. */
  grantSeal(role: Role): void {
    this.grant(role, 'Seal', 'kms:GenerateDataKey');
  }

  /** `kms:Decrypt` alone, for one role of the stack; a second one is a mistake and throws. */
  grantOpen(role: Role): void {
    if (this.openedBy !== undefined) throw new Error('only one role may open sealed credentials');
    this.openedBy = role;
    this.grant(role, 'Open', 'kms:Decrypt');
    this.key.addToResourcePolicy(new PolicyStatement({
      sid: 'NobodyElseOpens', effect: Effect.DENY, principals: [new AnyPrincipal()], actions: ['kms:Decrypt'], resources: ['*'],
      conditions: { ArnNotEquals: { 'aws:PrincipalArn': role.roleArn } },
    }));
  }

  private grant(role: Role, sid: string, action: string): void {
    role.addToPrincipalPolicy(new PolicyStatement({ actions: [action], resources: [this.key.keyArn], conditions: CONTEXT }));
    this.key.addToResourcePolicy(new PolicyStatement({ sid, principals: [new ArnPrincipal(role.roleArn)], actions: [action], resources: ['*'], conditions: CONTEXT }));
  }
}

/** Ways around "sealed for one reader": wrapping under another key, or a grant that skips the policies. */
const NEVER = new PolicyStatement({
  sid: 'Never', effect: Effect.DENY, principals: [new AnyPrincipal()], resources: ['*'],
  actions: ['kms:CreateGrant', 'kms:Encrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
});
