import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { WebFunction, WebFunctionAuthType, WebFunctionCode, WebFunctionRuntime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { OptionError } from '../options.ts';

export interface WebComputeProps {
  readonly bundles: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly logRetentionDays: number;
  readonly retain: boolean;
  /** The data plane's role: the one that may open credentials. */
  readonly role: Role;
}

/**
 * The data plane as an HTTP server of many requests at once, with an address of its own and no API Gateway before it: no
 * throttle, no firewall, no access log of the stage. Virtual keys are checked by the code, as everywhere.
 */
export class WebCompute extends Construct {
  readonly function: WebFunction;
  readonly baseUrl: string;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, { bundles, environment, logRetentionDays, retain, role }: WebComputeProps) {
    super(scope, id);
    const folder = join(bundles, 'gateway-web');
    if (!existsSync(join(folder, 'index.mjs'))) throw new OptionError(`The bundle ${join(folder, 'index.mjs')} is missing: run "node tools/build.mjs lambda" or name another folder with option bundles.`);
    this.logGroup = new LogGroup(this, 'Log', { retention: logRetentionDays satisfies RetentionDays, removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY });
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [this.logGroup.logGroupArn] }));
    this.function = new WebFunction(this, 'Function', {
      code: WebFunctionCode.fromAssetToManagedBucket(folder), runtime: WebFunctionRuntime.NODEJS_24_X, entryPoint: 'index.mjs',
      role, logGroup: this.logGroup, environment: { ...environment }, timeout: Duration.minutes(15), maxConcurrencyPerEnvironment: 64,
      defaultEndpointAuth: WebFunctionAuthType.APPLICATION_MANAGED,
    });
    this.baseUrl = `https://${this.function.endpoint.domainName}/v1`;
  }
}
