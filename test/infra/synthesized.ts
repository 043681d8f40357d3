import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { type CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { createApp, type GatewayApp } from '../../infra/gateway-app.ts';
import type { Statement } from './iam-evaluator.ts';

export const FUNCTIONS = ['gateway', 'gateway-web', 'admin', 'bridge', 'roll-up', 'sweep-reservations', 'archive-audit', 'plan-evidence', 'watch-audit', 'publish-dashboard'];

/** Options of a stack whose BSVibe is no OpenID provider: the one with the most in it. */
export const BRIDGED = { ownerEmail: 'owner@example.com', bsvibe: 'bridge', bsvibeIssuer: 'https://auth.bsvibe.example/auth/v1', bsvibeAuth: 'https://auth.bsvibe.example', signInPrefix: 'acme-llm', alarmEmail: 'oncall@example.com' };

/** A folder with an empty handler for every function; remove it when done. */
export function placeholderBundles(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bsg-bundles-'));
  for (const name of FUNCTIONS) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'index.mjs'), 'export const handler = async () => undefined;\n');
  }
  return folder;
}

/** A folder with the least that a built dashboard has; remove it when done. */
export function placeholderDashboard(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bsg-dashboard-'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  return folder;
}

/** The app with placeholder bundles, not yet synthesised. */
export function testApp(context: Readonly<Record<string, unknown>> = {}): GatewayApp & { remove(): void } {
  const bundles = placeholderBundles();
  const dashboard = placeholderDashboard();
  const outdir = mkdtempSync(join(tmpdir(), 'bsg-synth-'));
  return { ...createApp({ bundles, dashboard, ...context }, outdir), remove: () => { for (const folder of [bundles, dashboard, outdir]) rmSync(folder, { recursive: true }); } };
}

export type Properties = Readonly<Record<string, unknown>>;
export interface Resource { readonly Type: string; readonly Properties: Properties; readonly DeletionPolicy?: string; readonly UpdateReplacePolicy?: string }
export type Synthesized = ReturnType<typeof synthesize>;

/** One synth with everything that tests ask of its template. */
export function synthesize(context: Readonly<Record<string, unknown>> = {}) {
  const { app, stack, remove } = testApp(context);
  const template = Template.fromStack(stack);
  const resources = (template.toJSON() as { Resources: Record<string, Resource> }).Resources;
  const idOf = (construct: IConstruct): string => {
    const element = construct.node.defaultChild as CfnResource | undefined ?? construct as CfnResource;
    return stack.getLogicalId(element);
  };
  const ofType = (type: string): [string, Resource][] => Object.entries(resources).filter(([, resource]) => resource.Type === type);
  return {
    app, stack, template, resources, idOf, ofType, remove,
    report: JSON.parse(readFileSync(join(app.outdir, 'validation-report.json'), 'utf8')) as { pluginReports: object[] },
    /** The identity policy of a role. */
    identityPolicy(role: IConstruct): Statement[] {
      const id = idOf(role);
      return ofType('AWS::IAM::Policy').filter(([, { Properties }]) => JSON.stringify(Properties['Roles']).includes(`"${id}"`))
        .flatMap(([, { Properties }]) => resolve((Properties['PolicyDocument'] as Properties)['Statement']) as Statement[]);
    },
    /** The policy of a key. */
    keyPolicy: (key: IConstruct): Statement[] => resolve((resources[idOf(key)]?.Properties['KeyPolicy'] as { Statement: object[] } | undefined)?.Statement ?? []) as Statement[],
    arnOf: (construct: IConstruct): string => arn(idOf(construct)),
  };
}

export const ACCOUNT = '111122223333';
const PSEUDO: Readonly<Record<string, string>> = { 'AWS::Partition': 'aws', 'AWS::Region': 'eu-central-1', 'AWS::AccountId': ACCOUNT, 'AWS::URLSuffix': 'amazonaws.com' };
const arn = (id: string): string => `arn:aws:test:eu-central-1:${ACCOUNT}:${id}`;

/** Intrinsic functions as text: an ARN is made of the logical id. Throws for a function that it does not know. */
export function resolve(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolve);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (name === 'Ref') return PSEUDO[argument as string] ?? argument;
  if (name === 'Fn::GetAtt') {
    const [id, attribute] = argument as [string, string];
    // Of a table's stream only that it is one of that table matters.
    if (attribute === 'StreamArn') return `${arn(id)}/stream/x`;
    return attribute === 'Arn' ? arn(id) : `${id}.${attribute}`;
  }
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map((part) => String(resolve(part))).join(separator);
  }
  // The one there is asks for regions where CloudFront delivers no logs, and this is none.
  if (name === 'Fn::If') return resolve((argument as unknown[])[2]);
  if (name === 'Fn::Select' || name === 'Fn::Split') return `<${JSON.stringify(argument)}>`;
  if (name?.startsWith('Fn::')) throw new Error(`${name} is not resolved here`);
  return Object.fromEntries(entries.map(([key, each]) => [key, resolve(each)]));
}
