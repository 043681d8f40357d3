import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { IConstruct } from 'constructs';
import { figure } from '../support/figure.ts';
import { decide, like, type Statement } from './iam-evaluator.ts';
import { BEDROCK, RIGHTS, roleOf, ROLES, sealContext, targetOf, type Role } from './rights.ts';
import { BRIDGED, synthesize, type Properties, type Synthesized } from './synthesized.ts';

/** With the bridge and models of Bedrock, so that every role and right that there can be is there. */
let made: Synthesized;
beforeAll(() => { made = synthesize({ ...BRIDGED, bedrockModelArns: `${BEDROCK.model},${BEDROCK.profile}` }); });
afterAll(() => made.remove());

const propertiesOf = (construct: IConstruct): Properties => made.resources[made.idOf(construct)]?.Properties ?? {};
const listOf = (value: string | readonly string[] | undefined): readonly string[] => (typeof value === 'string' ? [value] : value ?? []);
const arnOf = (role: Role): string => made.arnOf(roleOf(made.stack, role));
const policyOf = (role: Role): Statement[] => made.identityPolicy(roleOf(made.stack, role));

describe('rights', () => {
  test('the table has at least 60 rows, for every role of the stack', () => {
    expect(RIGHTS.length).toBeGreaterThanOrEqual(60);
    expect([...new Set(RIGHTS.map(([role]) => role))].toSorted()).toEqual([...ROLES].toSorted());
    // Whoever adds a function adds its role here; the one of API Gateway's logs is the account's.
    const others = made.ofType('AWS::IAM::Role').map(([id]) => id).filter((id) => !ROLES.some((role) => id === made.idOf(roleOf(made.stack, role))));
    expect(others).toEqual([made.idOf(made.stack.dataApi.api.node.findChild('CloudWatchRole'))]);
  });

  test.each(RIGHTS.map((row) => [`${row[0]} ${row[1]} on ${row[2]} with ${JSON.stringify(row[3])}: ${row[4]}`, row] as const))('%s', (_title, [role, action, target, context, expected]) => {
    const { construct, arn, suffix, isKey } = targetOf(made.stack, target);
    // A secret's ARN is its reference.
    const resource = arn ?? (target === 'credential' ? made.idOf(construct) : made.arnOf(construct) + suffix);
    const decision = decide({ identity: policyOf(role), ...(isKey && { resource: made.keyPolicy(construct) }) }, { principal: arnOf(role), action, resource, ...(context && { context }) });
    expect(decision).toBe(expected);
  });

  test('guarantee B4: exactly one role may decrypt with the vault key, none may re-encrypt, and a wide right elsewhere in the account helps nobody', () => {
    const ask = (principal: string, identity: Statement[], action: string) =>
      decide({ identity, resource: made.keyPolicy(made.stack.vault.key) }, { principal, action, resource: made.arnOf(made.stack.vault.key), context: sealContext('bsgateway') });
    expect(ROLES.filter((role) => ask(arnOf(role), policyOf(role), 'kms:Decrypt') === 'allow')).toEqual(['gateway']);
    const everything: Statement[] = [{ Effect: 'Allow', Action: '*', Resource: '*' }];
    const stranger = 'arn:aws:iam::111122223333:role/stranger';
    for (const action of ['kms:Decrypt', 'kms:Encrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:CreateGrant']) expect(ask(stranger, everything, action)).toBe('explicit deny');
    expect(ask(stranger, everything, 'kms:GenerateDataKey')).toBe('implicit deny');
    // Somebody must still be able to look after the key.
    expect(ask(stranger, everything, 'kms:PutKeyPolicy')).toBe('allow');
    const allowed = ROLES.flatMap(policyOf).filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => listOf(Action));
    expect(allowed.filter((action) => action.startsWith('kms:')).toSorted()).toEqual(['kms:Decrypt', 'kms:GenerateDataKey', 'kms:GenerateMac', 'kms:GenerateMac', 'kms:GetPublicKey', 'kms:Sign']);
    figure('B4', `${ROLES.length} roles: 1 may decrypt, 0 re-encrypt`);
  });

  test('no role has a wildcard in an action, and in a resource only where it is acknowledged', () => {
    const WIDE = [['archiveAudit', 's3:PutObject', [`${made.idOf(made.stack.archive.bucket)}/*`]], ['watchAudit', 'dynamodb:ListStreams', ['*']], ['publisher', 's3:PutObject', [`${made.idOf(made.stack.site.bucket)}/*`]]];
    for (const role of ROLES) {
      for (const { Effect, Action, Resource, NotAction, NotResource } of policyOf(role)) {
        expect([NotAction, NotResource]).toEqual([undefined, undefined]);
        if (Effect !== 'Allow') continue;
        expect(listOf(Action).filter((each) => each.includes('*'))).toEqual([]);
        const wide = listOf(Resource).filter((each) => each.includes('*'));
        if (wide.length > 0) expect(WIDE).toContainEqual([role, Action, wide.map((each) => each.replace(/^arn:.*:/, ''))]);
      }
    }
  });

  test('every role is assumed by Lambda alone, has no managed policy, and stays far below the size limit', () => {
    for (const role of ROLES) {
      const { AssumeRolePolicyDocument, ManagedPolicyArns } = propertiesOf(roleOf(made.stack, role));
      expect(ManagedPolicyArns).toBeUndefined();
      expect((AssumeRolePolicyDocument as { Statement: object[] }).Statement).toEqual([{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } }]);
      expect(JSON.stringify(policyOf(role)).length).toBeLessThan(9000);
    }
  });

  test('guarantee H7: every application role is explicitly refused to change or remove audit events, which outlive their table under a lock', () => {
    const audit = made.arnOf(made.stack.tables.byName.audit);
    for (const role of ROLES) {
      const denied = policyOf(role).filter(({ Effect, Resource, Condition }) => Effect === 'Deny' && Condition === undefined && listOf(Resource).some((each) => like(each, audit))).flatMap(({ Action }) => listOf(Action));
      expect(denied).toEqual(expect.arrayContaining(['UpdateItem', 'DeleteItem', 'BatchWriteItem', 'PartiQLUpdate', 'PartiQLDelete', 'PartiQLInsert'].map((action) => `dynamodb:${action}`)));
    }
    const bucket = propertiesOf(made.stack.archive.bucket);
    expect(bucket).toMatchObject({ ObjectLockEnabled: true, VersioningConfiguration: { Status: 'Enabled' } });
    // Events live 400 days in their table; the archive's copy is locked for no less.
    expect(bucket['ObjectLockConfiguration']).toMatchObject({ Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 400 } } });
    expect(propertiesOf(made.stack.tables.byName.audit)['StreamSpecification']).toEqual({ StreamViewType: 'NEW_AND_OLD_IMAGES' });
    figure('H7', `${ROLES.length} roles with an explicit deny of 6 actions; archive locked for 400 days`);
  });
});
