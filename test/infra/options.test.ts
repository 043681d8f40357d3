import { describe, expect, test } from '@jest/globals';
import { contextOf } from '../../infra/command-line.ts';
import { MACHINE_ROLES } from '../../functions/admin/people/machine-client.ts';
import { OptionError, readOptions } from '../../infra/options.ts';

const messageOf = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(OptionError);
    return (error as Error).message;
  }
  return 'accepted';
};
const refusal = (context: Record<string, unknown>): string => messageOf(() => readOptions(context));

describe('options of the stack', () => {
  test('none is required', () => {
    expect(readOptions({})).toMatchObject({ stackName: 'BSGateway', retain: true, logRetentionDays: 30, ownerEmail: undefined, bundles: 'dist/lambda' });
  });

  test('text from a command line and values from cdk.json read alike', () => {
    expect(readOptions({ retain: 'false', throttleRps: '20', ownerEmail: ' owner@example.com ' })).toMatchObject({ retain: false, throttleRps: 20, ownerEmail: 'owner@example.com' });
    expect(readOptions({ retain: false, throttleRps: 20 })).toMatchObject({ retain: false, throttleRps: 20 });
  });

  const REFUSED = [
    ['ownerEmail', 'owner'], ['ownerEmail', 'a@b@example.com'], ['ownerEmail', ''], ['alarmEmail', 'x@y'], ['stackName', '1st'], ['stackName', 'a b'],
    ['machineRole', 'owner'], ['machineRole', 'Admin'], ['retain', 'yes'], ['retain', 1], ['logRetentionDays', '31'], ['logRetentionDays', '0'], ['archiveLockDays', '399'], ['throttleRps', '0'], ['throttleRps', '1.5'],
    ['throttleBurst', '5001'], ['gatewayMemoryMb', '128'], ['gatewayMemoryMb', '1e4'], ['reservedConcurrency', '-1'], ['signInPrefix', 'my-cognito'],
    ['signInPrefix', 'Upper'], ['signInPrefix', 'ends-'], ['apiLogRole', 'no'], ['allowUpstreams', 'http://host'], ['allowUpstreams', 'a,,b'], ['apiDomain', 'LLM'], ['apiDomain', 'https://llm.example.com'], ['apiCertificateArn', 'abc'], ['dashboardCertificateArn', 'arn:aws:acm:eu-central-1:111122223333:certificate/a'],
    ['bedrockModelArns', '*'], ['bedrockModelArns', 'arn:aws:bedrock:eu-central-1::foundation-model/*'], ['bedrockModelArns', 'arn:aws:s3:::bucket'], ['bedrockModelArns', 'arn:aws:bedrock:eu-central-1::foundation-model/a,'],
    ['compute', 'ec2'], ['waf', 'on'], ['wafRequestsPer5Minutes', '10'], ['dashboardWafArn', 'arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/a/b'], ['bundles', ''], ['dashboard', ''],
    ['throttleRps', ['1']], ['stackName', { a: 1 }], ['ownerEmail', null], ['adopt', ''], ['dashboardDomain', 'localhost'],
  ] as const;

  test('every option is tried with a wrong value, here or where its own tests are', () => {
    const tried = new Set<string>(REFUSED.map(([name]) => name));
    expect(Object.keys(readOptions({})).filter((name) => !tried.has(name) && !name.startsWith('bsvibe'))).toEqual([]);
  });

  test.each(REFUSED)('%s refuses %j in one sentence that says what is accepted', (name, value) => {
    const message = refusal({ [name]: value });
    expect(message).toMatch(new RegExp(`^Option ${name} accepts .+, not .+\\.$`));
    expect(message).not.toContain('\n');
  });

  test('a misspelled option is refused with the list of those there are', () => {
    expect(refusal({ ownerMail: 'owner@example.com' })).toMatch(/^There is no option ownerMail: accepted are ownerEmail, .+\.$/);
    expect(refusal({ constructor: 'x' })).toMatch(/^There is no option constructor/);
  });

  test('every role that the admin function knows for machines may be chosen', () => {
    expect(MACHINE_ROLES.map((role) => readOptions({ machineRole: role }).machineRole)).toEqual(MACHINE_ROLES);
    expect(readOptions({}).machineRole).toBe('admin');
  });

  test('models of Bedrock are a list of ARNs, each once; none by default', () => {
    const [model, profile, everywhere] = ['arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-lite-v1:0', 'arn:aws:bedrock:eu-central-1:111122223333:inference-profile/eu.amazon.nova-lite-v1:0', 'arn:aws:bedrock:::foundation-model/amazon.nova-lite-v1:0'];
    expect(readOptions({}).bedrockModelArns).toEqual([]);
    expect(readOptions({ bedrockModelArns: `${model}, ${profile},${model},${everywhere}` }).bedrockModelArns).toEqual([model, profile, everywhere]);
  });

  test("CDK's own context is left alone", () => {
    expect(refusal({ 'aws:cdk:enable-path-metadata': true, '@aws-cdk/core:checkSecretUsage': true })).toBe('accepted');
  });

  test('a host name and its certificate go together', () => {
    const arn = 'arn:aws:acm:us-east-1:111122223333:certificate/a';
    for (const pair of [['apiDomain', 'apiCertificateArn'], ['dashboardDomain', 'dashboardCertificateArn']] as const) {
      const sentence = `Options ${pair[0]} and ${pair[1]} go together: give both or neither.`;
      expect([refusal({ [pair[0]]: 'llm.example.com' }), refusal({ [pair[1]]: arn })]).toEqual([sentence, sentence]);
      expect(readOptions({ [pair[0]]: 'llm.example.com', [pair[1]]: arn })).toMatchObject({ [pair[0]]: 'llm.example.com' });
    }
  });

  test('the command line takes pairs only', () => {
    expect(contextOf(['-c', 'retain=false', '--context', 'allowUpstreams=a=b'])).toEqual({ retain: 'false', allowUpstreams: 'a=b' });
    for (const args of [['retain=false'], ['-c'], ['-c', 'retain'], ['-x', 'a=b']]) {
      expect(messageOf(() => contextOf(args))).toMatch(/^Synth accepts only options of the form -c name=value, not .+\.$/);
    }
  });
});
