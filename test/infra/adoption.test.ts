import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { AdoptionStack, partsOf } from '../../infra/adoption.ts';
import { createAppOrAdoption } from '../../infra/gateway-app.ts';
import { OptionError } from '../../infra/options.ts';
import { ARNS, keptList, listed } from './kept-list.ts';
import { synthesize, type Resource, type Synthesized } from './synthesized.ts';

const ALL = keptList().ResourceTagMappingList;

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'bsg-adopt-')); });
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
function listOf(content: unknown): string {
  const file = join(folder, `${count += 1}.json`);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify({ ResourceTagMappingList: content }));
  return file;
}
function adoptionOf(content: unknown, context: Record<string, string> = {}): AdoptionStack {
  const { stack } = createAppOrAdoption({ adopt: listOf(content), ...context }, join(folder, 'out'));
  if (!(stack instanceof AdoptionStack)) throw new Error('this is the whole stack');
  return stack;
}
const resourcesOf = (stack: AdoptionStack): Record<string, Resource> => (Template.fromStack(stack).toJSON() as { Resources: Record<string, Resource> }).Resources;

describe('taking over what a removed stack has left', () => {
  let whole: Synthesized;
  let adopted: AdoptionStack;
  beforeAll(() => {
    whole = synthesize({ ownerEmail: 'owner@example.com' });
    adopted = adoptionOf([...ALL, listed('table-usage', 'arn:aws:dynamodb:eu-central-1:111122223333:table/another', 'Another'), { ResourceARN: 'arn:aws:s3:::untagged', Tags: [] }]);
  });
  afterAll(() => whole.remove());

  const partsOfWhole = () => partsOf({ tables: whole.stack.tables, vault: whole.stack.vault, pepper: whole.stack.pepper, archive: whole.stack.archive, pool: whole.stack.identity.pool });

  test('every part of the whole stack says which it is and of which stack, and is kept', () => {
    expect(Object.keys(partsOfWhole()).toSorted()).toEqual(Object.keys(ARNS).toSorted());
    for (const [part, { construct }] of Object.entries(partsOfWhole())) {
      const resource = whole.resources[whole.idOf(construct)];
      const tags = resource?.Properties['Tags'] ?? Object.entries((resource?.Properties['UserPoolTags'] ?? {}) as object).map(([Key, Value]) => ({ Key, Value }));
      expect(tags).toEqual(expect.arrayContaining([{ Key: 'bsgateway:part', Value: part }, { Key: 'bsgateway:stack', Value: 'BSGateway' }]));
      expect(resource?.DeletionPolicy).toBe('Retain');
    }
  });

  test('each is adopted under its logical name in the whole stack, by the identifier that CloudFormation asks for', () => {
    const ids = Object.fromEntries(Object.entries(partsOfWhole()).map(([part, { construct }]) => [part, whole.idOf(construct)]));
    expect(adopted.mapping).toEqual({
      ...Object.fromEntries(['tenants', 'models', 'rules', 'keys', 'audit', 'usage'].map((name) => [ids[`table-${name}`], { TableName: `BSGateway-Tables-${name}-1A2B` }])),
      [String(ids['vault-key'])]: { KeyId: '0a1b-vault' }, [String(ids['pepper-key'])]: { KeyId: '0a1b-pepper' },
      [String(ids['audit-archive'])]: { BucketName: 'bsgateway-archive-1a2b' }, [String(ids['access-logs'])]: { BucketName: 'bsgateway-logs-1a2b' }, [String(ids['user-pool'])]: { UserPoolId: 'eu-central-1_Old1' },
    });
  });

  test('what is adopted is what the whole stack has there, but for the rights that its roles get on keys; it needs nothing that is not adopted', () => {
    const resources = resourcesOf(adopted);
    const kept = Object.keys(adopted.mapping);
    for (const id of kept) {
      const [here, there] = [resources[id], whole.resources[id]];
      const { KeyPolicy: _mine, ...mine } = here?.Properties ?? {};
      const { KeyPolicy: _theirs, ...theirs } = there?.Properties ?? {};
      expect([id, here?.Type, here?.DeletionPolicy, mine]).toEqual([id, there?.Type, 'Retain', theirs]);
      // An import that names anything outside of itself fails.
      const named = [...JSON.stringify(here).matchAll(/"(?:Ref|Fn::GetAtt)":\s*\[?"([^"]+)"/g)].map(([, name]) => String(name)).filter((name) => !name.startsWith('AWS::'));
      expect(named.filter((name) => !kept.includes(name))).toEqual([]);
    }
    const statements = (id: string, from: Record<string, Resource>) => (from[id]?.Properties['KeyPolicy'] as { Statement: object[] } | undefined)?.Statement ?? [];
    for (const id of kept.filter((name) => resources[name]?.Type === 'AWS::KMS::Key')) expect(statements(id, whole.resources)).toEqual(expect.arrayContaining(statements(id, resources)));
  });

  test('a pool that was adopted has its owner: the parameter that keeps a second invitation from being made is part of every stack', () => {
    const { Parameters, Conditions } = whole.template.toJSON() as { Parameters: Record<string, object>; Conditions: Record<string, object> };
    expect(Parameters['OwnerInvitation']).toMatchObject({ Default: 'yes', AllowedValues: ['yes', 'no'] });
    const [[, owner] = []] = whole.ofType('AWS::Cognito::UserPoolUser') as [string, Resource & { Condition?: string }][];
    expect(Conditions[owner?.Condition ?? '']).toEqual({ 'Fn::Equals': [{ Ref: 'OwnerInvitation' }, 'yes'] });
  });

  const refusal = (content: unknown, context: Record<string, string> = {}): string => {
    try {
      adoptionOf(content, context);
    } catch (error) {
      expect(error).toBeInstanceOf(OptionError);
      return (error as Error).message;
    }
    return 'accepted';
  };

  test.each([
    ['no JSON', 'Tables: 6', {}, /^Option adopt accepts a file with the answer of "aws resourcegroupstaggingapi get-resources", which [^\n]+ is not\.$/],
    ['another answer', '{"TableNames":[]}', {}, /^Option adopt accepts a file with the answer/],
    ['nothing', [], {}, /^Option adopt accepts all parts of a removed stack BSGateway or none, and [^\n]+ lacks table-tenants, [^\n]*user-pool\.$/],
    ['a table less', ALL.filter(({ ResourceARN }) => !ResourceARN.includes('-usage-')), {}, / lacks table-usage\.$/],
    ['a stack of another name', ALL, { stackName: 'Other' }, /^Option adopt accepts all parts of a removed stack Other or none/],
    ['two of one part', [...ALL, listed('vault-key', 'arn:aws:kms:eu-central-1:111122223333:key/older')], {}, /^Option adopt accepts one removed stack, but [^\n]+ names two of vault-key: take the one out that you do not want\.$/],
    ['a part that is something else', [...ALL.filter(({ ResourceARN }) => !ResourceARN.includes('vault')), listed('vault-key', 'arn:aws:s3:::bucket')], {}, /^Option adopt accepts a list in which vault-key is what its name says, not arn:aws:s3:::bucket\.$/],
    ['what is not to be kept', ALL, { retain: 'false' }, /^Option adopt takes over what is to be kept: leave out retain=false\.$/],
  ])('%s is refused in one sentence', (_what, content, context, sentence) => {
    expect(refusal(content, context as Record<string, string>)).toMatch(sentence);
  });
});
