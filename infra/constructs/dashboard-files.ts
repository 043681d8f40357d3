import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CustomResource, Duration } from 'aws-cdk-lib';
import { Architecture, Code, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { OptionError } from '../options.ts';
import { NodeFunction, type NodeFunctionProps } from './node-function.ts';

export interface DashboardFilesProps extends Pick<NodeFunctionProps, 'bundles' | 'logRetentionDays' | 'retain'> {
  /** Folder of the built dashboard. */
  readonly dashboard: string;
  readonly bucket: Bucket;
  /** What `/config.json` says: names and addresses of this deployment, no secrets. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Not deployed: compressed twins for the one-machine edition, and the build's own notes. */
const EXCLUDED = ['*.gz', '**/*.gz', '*.br', '**/*.br', '.vite', '.vite/**'];

/**
 * Puts the built dashboard and its settings into the bucket with each deployment that changes either. The files travel
 * as a layer of the one function that publishes them, which may write to this bucket and nothing else. Throws
 * `OptionError` when the dashboard was not built.
 */
export class DashboardFiles extends Construct {
  readonly publisher: NodeFunction;

  constructor(scope: Construct, id: string, { dashboard, bucket, config, ...props }: DashboardFilesProps) {
    super(scope, id);
    if (!existsSync(join(dashboard, 'index.html'))) {
      throw new OptionError(`The dashboard ${join(dashboard, 'index.html')} is missing: run "npm run build" or name another folder with option dashboard.`);
    }
    const exclude = EXCLUDED;
    // The same files as the layer's: its hash tells the stack that there is something to publish.
    const { assetHash } = new Asset(this, 'Files', { path: dashboard, exclude });
    const layer = new LayerVersion(this, 'Layer', {
      description: 'BSGateway: the built dashboard', code: Code.fromAsset(dashboard, { exclude }),
      compatibleRuntimes: [Runtime.NODEJS_24_X], compatibleArchitectures: [Architecture.ARM_64],
    });
    this.publisher = new NodeFunction(this, 'Publisher', {
      bundles: props.bundles, logRetentionDays: props.logRetentionDays, retain: props.retain, bundle: 'publish-dashboard', description: 'BSGateway: publishes the dashboard', timeout: Duration.minutes(5), memoryMb: 512,
      environment: { BSG_SITE_BUCKET: bucket.bucketName, BSG_SITE_FOLDER: '/opt' },
    });
    this.publisher.function.addLayers(layer);
    const { role } = this.publisher;
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:PutObject'], resources: [bucket.arnForObjects('*')] }));
    if (!props.retain) {
      role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:DeleteObject'], resources: [bucket.arnForObjects('*')] }));
      role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }));
    }
    const published = new CustomResource(this, 'Published', {
      serviceToken: this.publisher.function.functionArn, serviceTimeout: Duration.minutes(6), resourceType: 'Custom::Dashboard',
      properties: { files: assetHash, config: this.publisher.function.stack.toJsonString(config), keep: String(props.retain) },
    });
    // Its rights must be there before it works, and until it has emptied the bucket.
    published.node.addDependency(role, bucket);
  }
}
