import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { AdoptionStack } from './adoption.ts';
import { acknowledgeFindings } from './acknowledgements.ts';
import { GatewayStack } from './gateway-stack.ts';
import { readOptions, type GatewayOptions } from './options.ts';

/** Today's behaviour where CDK keeps an older one for older stacks. */
const FLAGS = {
  '@aws-cdk/core:validateAgainstDefaultRules': true,
  '@aws-cdk/core:enablePartitionLiterals': false,
  '@aws-cdk/core:checkSecretUsage': true,
  '@aws-cdk/aws-apigateway:disableCloudWatchRole': true,
  '@aws-cdk/aws-apigateway:requestValidatorUniqueId': true,
  '@aws-cdk/aws-apigateway:authorizerChangeDeploymentLogicalId': true,
  '@aws-cdk/aws-apigateway:logGroupDestinationArnWithoutWildcard': true,
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
  '@aws-cdk/aws-s3:publicAccessBlockedByDefault': true,
};

export interface GatewayApp { readonly app: App; readonly stack: GatewayStack }
export interface AdoptionApp { readonly app: App; readonly stack: AdoptionStack }

/** The CDK app with its one stack and the checks that fail synth. Throws `OptionError` for a wrong option. */
export function createApp(context: Readonly<Record<string, unknown>> = {}, outdir?: string): GatewayApp {
  return wholeStack(begin(context, outdir));
}

/** The same, or with option `adopt` the app that takes over what a removed stack has left, and changes nothing of it. */
export function createAppOrAdoption(context: Readonly<Record<string, unknown>>, outdir?: string): GatewayApp | AdoptionApp {
  const begun = begin(context, outdir);
  const { app, options } = begun;
  return options.adopt === undefined ? wholeStack(begun) : { app, stack: new AdoptionStack(app, options.stackName, { options, list: options.adopt }) };
}

interface Begun { readonly app: App; readonly options: GatewayOptions }

function begin(context: Readonly<Record<string, unknown>>, outdir: string | undefined): Begun {
  const app = new App({ context: { ...FLAGS, ...context }, analyticsReporting: false, ...(outdir !== undefined && { outdir }) });
  return { app, options: readOptions(app.node.getAllContext()) };
}

function wholeStack({ app, options }: Begun): GatewayApp {
  const stack = new GatewayStack(app, options.stackName, { options, description: 'BSGateway: an LLM gateway' });
  acknowledgeFindings(stack, options);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, stack };
}
