import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RemovalPolicy, type Duration } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { OptionError } from '../options.ts';

export interface NodeFunctionProps {
  readonly description: string;
  /** Folder that holds one folder per function. */
  readonly bundles: string;
  /** The function's folder in it, with an `index.mjs` that exports `handler`. */
  readonly bundle: string;
  readonly timeout: Duration;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly logRetentionDays: number;
  readonly retain: boolean;
  readonly reservedConcurrency?: number | undefined;
}

/**
 * One bundled handler with a role and a log group of its own: the role starts with the right to write its log and
 * nothing else. Throws `OptionError` when the bundle was not built.
 */
export class NodeFunction extends Construct {
  readonly role: Role;
  readonly function: LambdaFunction;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: NodeFunctionProps) {
    super(scope, id);
    const folder = join(props.bundles, props.bundle);
    if (!existsSync(join(folder, 'index.mjs'))) {
      throw new OptionError(`The bundle ${join(folder, 'index.mjs')} is missing: run "node tools/build.mjs lambda" or name another folder with option bundles.`);
    }
    this.logGroup = new LogGroup(this, 'Log', {
      retention: props.logRetentionDays satisfies RetentionDays,
      removalPolicy: props.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com'), description: props.description });
    this.role.addToPrincipalPolicy(new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [this.logGroup.logGroupArn] }));
    this.function = new LambdaFunction(this, 'Function', {
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(folder),
      role: this.role,
      logGroup: this.logGroup,
      timeout: props.timeout,
      memorySize: props.memoryMb,
      environment: props.environment,
      ...(props.reservedConcurrency !== undefined && { reservedConcurrentExecutions: props.reservedConcurrency }),
    });
  }
}
