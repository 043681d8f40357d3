import { describe, expect, test } from '@jest/globals';
import { decide, like, type AccessRequest, type Statement } from './iam-evaluator.ts';

const ROLE = 'arn:aws:iam::111122223333:role/a';
const ROOT = { AWS: 'arn:aws:iam::111122223333:root' };
const read: AccessRequest = { principal: ROLE, action: 's3:GetObject', resource: 'arn:aws:s3:::b/k' };
const allow = (rest: Partial<Statement>): Statement => ({ Effect: 'Allow', Action: 's3:GetObject', Resource: '*', ...rest });
const deny = (rest: Partial<Statement>): Statement => ({ Effect: 'Deny', Action: 's3:GetObject', Resource: '*', ...rest });
const identity = (...statements: Statement[]) => (context: AccessRequest['context'] = {}) => decide({ identity: statements }, { ...read, context });

describe('the evaluator decides as IAM does', () => {
  test('what nobody allows is denied, and a denial beats every allowance', () => {
    expect(decide({ identity: [] }, read)).toBe('implicit deny');
    expect(identity(allow({}))()).toBe('allow');
    expect(identity(allow({}), deny({}))()).toBe('explicit deny');
    expect(identity(allow({}), deny({ Resource: 'arn:aws:s3:::other/*' }))()).toBe('allow');
  });

  test('actions match without regard to case, with wildcards, and by exclusion', () => {
    expect(identity(allow({ Action: ['s3:get*'] }))()).toBe('allow');
    expect(identity(allow({ Action: 's3:Put*' }))()).toBe('implicit deny');
    const but = (action: string): Statement => ({ Effect: 'Allow', NotAction: action, Resource: '*' });
    expect(identity(but('s3:Delete*'))()).toBe('allow');
    expect(identity(but('s3:*'))()).toBe('implicit deny');
  });

  test('resources match with wildcards and by exclusion; a statement that names neither applies to nothing', () => {
    expect(identity(allow({ Resource: 'arn:aws:s3:::b/?' }))()).toBe('allow');
    expect(identity(allow({ Resource: 'arn:aws:s3:::b/??' }))()).toBe('implicit deny');
    const but = (resource: string): Statement => ({ Effect: 'Allow', Action: 's3:*', NotResource: resource });
    expect(identity(but('arn:aws:s3:::c/*'))()).toBe('allow');
    expect(identity(but('arn:aws:s3:::b/*'))()).toBe('implicit deny');
    expect(identity({ Effect: 'Allow', Action: 's3:*' })()).toBe('implicit deny');
    expect(like('a.c', 'abc')).toBe(false);
  });

  test('a condition on a key that is absent fails, holds when negated, and holds with IfExists or ForAllValues', () => {
    const when = (operator: string) => identity(allow({ Condition: { [operator]: { k: 'v' } } }));
    expect([when('StringEquals')(), when('StringEquals')({ k: 'v' }), when('StringEquals')({ k: 'w' })]).toEqual(['implicit deny', 'allow', 'implicit deny']);
    expect([when('StringNotEquals')(), when('StringNotEquals')({ k: 'v' })]).toEqual(['allow', 'implicit deny']);
    expect([when('StringEqualsIfExists')(), when('StringEqualsIfExists')({ k: 'w' })]).toEqual(['allow', 'implicit deny']);
    expect([when('ForAllValues:StringEquals')(), when('ForAllValues:StringEquals')({ k: ['v', 'w'] })]).toEqual(['allow', 'implicit deny']);
    expect([when('ForAnyValue:StringEquals')(), when('ForAnyValue:StringEquals')({ k: ['v', 'w'] })]).toEqual(['implicit deny', 'allow']);
  });

  test('Null asks whether a key is there; several conditions must all hold', () => {
    const both = identity(allow({ Condition: { Null: { k: 'false' }, 'ForAllValues:StringLike': { k: ['T#*'] } } }));
    expect([both(), both({ k: ['T#a'] }), both({ k: ['T#a', 'X#b'] })]).toEqual(['implicit deny', 'allow', 'implicit deny']);
    expect(identity(allow({ Condition: { Null: { k: 'true' } } }))()).toBe('allow');
  });

  test('an operator it does not know is an error, not a pass', () => {
    expect(() => identity(allow({ Condition: { NumericLessThan: { k: '1' } } }))({ k: '0' })).toThrow('NumericLessThan');
  });

  test("a key's policy decides alone unless it hands the decision to the account", () => {
    const use: AccessRequest = { principal: ROLE, action: 'kms:Decrypt', resource: 'arn:aws:kms:eu-central-1:111122223333:key/k' };
    const mine = [{ Effect: 'Allow' as const, Action: 'kms:Decrypt', Resource: '*' }];
    const keyPolicy = (Principal: Statement['Principal'], Action = 'kms:*'): Statement[] => [{ Effect: 'Allow', Action, Resource: '*', ...(Principal && { Principal }) }];
    expect(decide({ identity: mine, resource: keyPolicy(ROOT, 'kms:DescribeKey') }, use)).toBe('implicit deny');
    expect(decide({ identity: mine, resource: keyPolicy(ROOT) }, use)).toBe('allow');
    expect(decide({ identity: [], resource: keyPolicy(ROOT) }, use)).toBe('implicit deny');
    expect(decide({ identity: [], resource: keyPolicy({ AWS: ROLE }) }, use)).toBe('allow');
    const except: Statement = { Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*', Principal: { AWS: '*' }, Condition: { ArnNotEquals: { 'aws:PrincipalArn': ROLE } } };
    expect(decide({ identity: mine, resource: [...keyPolicy(ROOT), except] }, use)).toBe('allow');
    expect(decide({ identity: mine, resource: [...keyPolicy(ROOT), except] }, { ...use, principal: 'arn:aws:iam::111122223333:role/b' })).toBe('explicit deny');
  });
});
