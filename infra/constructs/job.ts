import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as Target } from 'aws-cdk-lib/aws-events-targets';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { NodeFunction, type NodeFunctionProps } from './node-function.ts';

export interface JobProps extends Omit<NodeFunctionProps, 'memoryMb' | 'timeout'> {
  readonly everyMinutes: number;
  /** Runs that failed three times end here. */
  readonly failures: IQueue;
}

/** A function that runs by the clock, one run at a time as a rule; each is idempotent, so a second one does no harm. */
export class Job extends NodeFunction {
  readonly timer: Rule;

  constructor(scope: Construct, id: string, { everyMinutes, failures, ...props }: JobProps) {
    super(scope, id, { ...props, memoryMb: 512, timeout: Duration.minutes(5) });
    this.function.configureAsyncInvoke({ retryAttempts: 2, maxEventAge: Duration.minutes(15), onFailure: new SqsDestination(failures) });
    this.timer = new Rule(this, 'Timer', {
      description: props.description,
      schedule: Schedule.rate(Duration.minutes(everyMinutes)),
      targets: [new Target(this.function, { retryAttempts: 2, maxEventAge: Duration.minutes(15), deadLetterQueue: failures })],
    });
  }
}
