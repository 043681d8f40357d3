import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { ArnPrincipal, PolicyDocument, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { careStatement } from './vault-key.ts';

const CONDITIONS = { StringEquals: { 'kms:MacAlgorithm': 'HMAC_SHA_256' } };

export interface PepperKeyProps { readonly retain: boolean }

/**
 * The HMAC key behind the pepper of virtual keys. It cannot rotate: another key would be another pepper, and no virtual
 * key would be recognised any more.
 */
export class PepperKey extends Construct {
  readonly key: Key;

  constructor(scope: Construct, id: string, { retain }: PepperKeyProps) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      description: 'BSGateway: pepper of virtual keys',
      keySpec: KeySpec.HMAC_256,
      keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
      pendingWindow: Duration.days(30),
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      policy: new PolicyDocument({ statements: [careStatement()] }),
    });
  }

  /** `kms:GenerateMac` with HMAC-SHA-256, nothing else. */
  grantMac(role: Role): void {
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['kms:GenerateMac'], resources: [this.key.keyArn], conditions: CONDITIONS }));
    this.key.addToResourcePolicy(new PolicyStatement({
      sid: `Mac${this.count()}`, principals: [new ArnPrincipal(role.roleArn)], actions: ['kms:GenerateMac'], resources: ['*'], conditions: CONDITIONS,
    }));
  }

  private grants = 0;

  private count(): number {
    this.grants += 1;
    return this.grants;
  }
}
