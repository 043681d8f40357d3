import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { root } from '../house/tree.ts';

interface Run { readonly code: number; readonly errors: string }
const { deploy, splitArguments } = (await import(join(root, 'tools/deploy/run.mjs'))) as {
  splitArguments(args: string[]): { options: string[]; others: string[] };
  deploy(args: string[], run: (file: string, args: string[]) => Promise<Run>, say: (sentence: string) => void): Promise<number>;
};

async function deployed(answers: readonly Run[], args: string[] = []) {
  const ran: string[][] = [];
  const said: string[] = [];
  const code = await deploy(args, async (file, given) => {
    ran.push([file.slice(root.length), ...given]);
    return answers[ran.length - 1] ?? { code: 0, errors: '' };
  }, (sentence) => said.push(sentence));
  return { code, ran, said };
}
const OK: Run = { code: 0, errors: '' };

describe('npm run deploy', () => {
  test('tells the stack\'s options from those of cdk', () => {
    expect(splitArguments(['-c', 'retain=false', '--profile', 'work', '--context', 'waf=true', '--require-approval', 'never'])).toEqual({ options: ['-c', 'retain=false', '--context', 'waf=true'], others: ['--profile', 'work', '--require-approval', 'never'] });
  });

  test('synthesises with the options, then deploys what was written', async () => {
    const { code, ran, said } = await deployed([OK, OK], ['-c', 'ownerEmail=a@example.com', '--profile', 'work']);
    expect([code, said]).toEqual([0, []]);
    expect(ran).toEqual([['infra/app.ts', '-c', 'ownerEmail=a@example.com'], ['node_modules/aws-cdk/bin/cdk', 'deploy', '--app', 'cdk.out', '--all', '--profile', 'work']]);
  });

  test('a wrong option ends it before anything is asked of AWS', async () => {
    expect(await deployed([{ code: 1, errors: 'Option retain accepts true or false, not "perhaps".' }])).toMatchObject({ code: 1, ran: [['infra/app.ts']], said: [] });
  });

  test.each([
    ['SSM parameter /cdk-bootstrap/hnb659fds/version not found. Has the environment been bootstrapped? Please run \'cdk bootstrap\'', 'npx cdk bootstrap'],
    ['Unable to resolve AWS account to use. It must be either configured when you define your CDK Stack, or through the environment', 'no AWS credentials'],
  ])('what is missing is said in one sentence: %s', async (errors, words) => {
    const { code, said } = await deployed([OK, { code: 1, errors }]);
    expect([code, said.length]).toEqual([1, 1]);
    expect(said[0]).toContain(words);
  });

  const ADOPT = ['-c', 'ownerEmail=a@example.com', '-c', 'adopt=kept.json', '--profile', 'work', '--require-approval', 'never'];

  test('what a removed stack has left is imported first, as it is, and the whole stack deployed around it without another invitation', async () => {
    const { code, ran, said } = await deployed([OK, OK, OK, OK], ADOPT);
    expect([code, said]).toEqual([0, []]);
    expect(ran).toEqual([
      ['infra/app.ts', '-c', 'ownerEmail=a@example.com', '-c', 'adopt=kept.json'],
      ['node_modules/aws-cdk/bin/cdk', 'import', '--app', 'cdk.out', '--resource-mapping', 'cdk.out/adoption.json', '--profile', 'work'],
      ['infra/app.ts', '-c', 'ownerEmail=a@example.com'],
      ['node_modules/aws-cdk/bin/cdk', 'deploy', '--app', 'cdk.out', '--all', '--parameters', 'OwnerInvitation=no', '--profile', 'work', '--require-approval', 'never'],
    ]);
  });

  test('where the import fails nothing is deployed; where the deployment after it fails, how to go on is said', async () => {
    expect(await deployed([OK, { code: 1, errors: 'CREATE_FAILED' }], ADOPT)).toMatchObject({ code: 1, ran: { length: 2 }, said: [] });
    const { code, said } = await deployed([OK, OK, OK, { code: 1, errors: 'CREATE_FAILED' }], ADOPT);
    expect([code, said]).toEqual([1, [expect.stringContaining('--parameters OwnerInvitation=no')]]);
  });

  test.each(['BSGateway: no new resources compared to the currently deployed stack, skipping import.', 'No resources selected for import.'])('an import that found nothing to do ends it: %s', async (errors) => {
    expect(await deployed([OK, { code: 0, errors }], ADOPT)).toMatchObject({ code: 1, ran: { length: 2 }, said: [expect.stringContaining('exists already')] });
  });

  test('another failure speaks for itself', async () => {
    expect(await deployed([OK, { code: 1, errors: 'CREATE_FAILED' }])).toMatchObject({ code: 1, said: [] });
    // A warning that the CDK goes on after is not why it failed.
    const warned = 'current credentials could not be used to assume \'arn:aws:iam::1:role/lookup\', but are for the right account. Proceeding anyway.\nCREATE_FAILED';
    expect(await deployed([OK, { code: 1, errors: warned }])).toMatchObject({ code: 1, said: [] });
  });
});
