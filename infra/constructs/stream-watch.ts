import { Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { NodeFunction, type NodeFunctionProps } from './node-function.ts';

export interface StreamWatchProps extends Omit<NodeFunctionProps, 'memoryMb' | 'timeout'> {
  readonly table: Table;
  /** The place in the stream of a batch that rewrote history ends here. */
  readonly failures: IQueue;
}

/** A function that sees every change of a table. What it finds it says by failing: once, for the same batch says the same again. */
export class StreamWatch extends NodeFunction {
  readonly mapping: EventSourceMapping;

  constructor(scope: Construct, id: string, { table, failures, ...props }: StreamWatchProps) {
    super(scope, id, { ...props, memoryMb: 256, timeout: Duration.minutes(1) });
    const stream = table.tableStreamArn ?? '';
    this.role.addToPrincipalPolicy(new PolicyStatement({ actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'], resources: [stream] }));
    this.role.addToPrincipalPolicy(new PolicyStatement({ actions: ['dynamodb:ListStreams'], resources: ['*'] }));
    const onFailure = new SqsDlq(failures);
    this.mapping = new EventSourceMapping(this, 'Stream', {
      target: this.function, eventSourceArn: stream, startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100, maxBatchingWindow: Duration.seconds(10), retryAttempts: 1, onFailure,
    });
    this.mapping.node.addDependency(this.role);
  }
}
