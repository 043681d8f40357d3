import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { root } from '../house/tree.ts';
import { cloudFormation, type CloudFormation } from '../support/aws/cloudformation.ts';
import { keptList } from './kept-list.ts';
import { placeholderBundles, placeholderDashboard } from './synthesized.ts';

interface Run { readonly code: number; readonly errors: string }
const { deploy } = (await import(join(root, 'tools/deploy/run.mjs'))) as { deploy(args: string[], run: (file: string, args: string[]) => Promise<Run>, say: (sentence: string) => void): Promise<number> };

let account: CloudFormation;
const folder = mkdtempSync(join(tmpdir(), 'bsg-adoption-'));
const [bundles, dashboard] = [placeholderBundles(), placeholderDashboard()];
beforeAll(async () => { account = await cloudFormation(); });
afterAll(async () => {
  await account.close();
  for (const each of [folder, bundles, dashboard]) rmSync(each, { recursive: true });
});

/** The command as it is, up to `cdk deploy`, which would only begin to make the rest. */
async function adopt(): Promise<{ readonly code: number; readonly said: string[]; readonly deployed: string[][] }> {
  writeFileSync(join(folder, 'kept.json'), JSON.stringify(keptList()));
  copyFileSync(join(root, 'cdk.json'), join(folder, 'cdk.json'));
  const [said, deployed]: [string[], string[][]] = [[], []];
  const run = (file: string, args: string[]): Promise<Run> => {
    if (args[0] === 'deploy') {
      deployed.push(args);
      return Promise.resolve({ code: 0, errors: '' });
    }
    return new Promise((resolve) => {
      const child = spawn(process.execPath, [file, ...args], {
        cwd: folder, stdio: ['ignore', 'ignore', 'pipe'],
        env: { PATH: process.env['PATH'], HOME: folder, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL: account.endpoint, CDK_DISABLE_CLI_TELEMETRY: 'true', CDK_DISABLE_VERSION_CHECK: '1', AWS_EC2_METADATA_DISABLED: 'true' },
      });
      let errors = '';
      child.stderr.on('data', (chunk: Buffer) => { errors += chunk.toString(); });
      child.on('close', (code) => resolve({ code: code ?? 1, errors }));
    });
  };
  const code = await deploy(['-c', 'adopt=kept.json', '-c', `bundles=${bundles}`, '-c', `dashboard=${dashboard}`], run, (sentence) => said.push(sentence));
  return { code, said, deployed };
}

test('cdk import takes over exactly what is kept, by a change set of its own, before the whole stack is deployed without another invitation', async () => {
  const { code, said, deployed } = await adopt();
  expect([code, said]).toEqual([0, []]);
  expect(deployed).toEqual([['deploy', '--app', 'cdk.out', '--all', '--parameters', 'OwnerInvitation=no']]);
  const [change, ...others] = account.changeSets;
  expect([others.length, change?.get('ChangeSetType')]).toEqual([0, 'IMPORT']);
  const field = (at: number, name: string): string | null => change?.get(`ResourcesToImport.member.${at}.${name}`) ?? null;
  const imported = Array.from({ length: 12 }, (_, index) => index + 1).filter((at) => field(at, 'LogicalResourceId') !== null)
    .map((at) => [field(at, 'ResourceType'), field(at, 'ResourceIdentifier.entry.1.key'), field(at, 'ResourceIdentifier.entry.1.value')].join(' '));
  expect(imported.toSorted()).toEqual([
    ...['audit', 'keys', 'models', 'rules', 'tenants', 'usage'].map((name) => `AWS::DynamoDB::Table TableName BSGateway-Tables-${name}-1A2B`),
    'AWS::KMS::Key KeyId 0a1b-pepper', 'AWS::KMS::Key KeyId 0a1b-vault', 'AWS::S3::Bucket BucketName bsgateway-archive-1a2b', 'AWS::S3::Bucket BucketName bsgateway-logs-1a2b', 'AWS::Cognito::UserPool UserPoolId eu-central-1_Old1',
  ].toSorted());
  // A change set that imports may bring nothing else with it.
  const types = [...(change?.get('TemplateBody') ?? '').matchAll(/^ {4}Type: (\S+)$/gm)].map(([, type]) => type);
  expect(types.toSorted()).toEqual([...Array(6).fill('AWS::DynamoDB::Table'), ...Array(2).fill('AWS::KMS::Key'), ...Array(2).fill('AWS::S3::Bucket'), 'AWS::Cognito::UserPool'].toSorted());
  // What is synthesised last is the whole stack.
  expect(readFileSync(join(folder, 'cdk.out/BSGateway.template.json'), 'utf8')).toContain('AWS::ApiGateway::RestApi');
}, 120_000);

test('where the stack exists already nothing is imported, nothing deployed, and one sentence says so', async () => {
  account.changeSets.length = 0;
  account.template = readFileSync(join(folder, 'cdk.out/BSGateway.template.json'), 'utf8');
  const { code, said, deployed } = await adopt();
  expect([code, deployed, account.changeSets]).toEqual([1, [], []]);
  expect(said).toEqual([expect.stringMatching(/^A stack of that name exists already and has its own parts: [^\n]+\.$/)]);
}, 120_000);
