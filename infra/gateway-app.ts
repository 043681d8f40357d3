import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { acknowledgeFindings } from './acknowledgements.ts';
import { GatewayStack } from './gateway-stack.ts';
import { readOptions } from './options.ts';

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

/** The CDK app with its one stack and the checks that fail synth. Throws `OptionError` for a wrong option. */
export function createApp(context: Readonly<Record<string, unknown>> = {}, outdir?: string): GatewayApp {
  const app = new App({ context: { ...FLAGS, ...context }, analyticsReporting: false, ...(outdir !== undefined && { outdir }) });
  const options = readOptions(app.node.getAllContext());
  const stack = new GatewayStack(app, options.stackName, { options, description: 'BSGateway: an LLM gateway' });
  acknowledgeFindings(stack, options);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, stack };
}
