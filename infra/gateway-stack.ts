import { CfnOutput, CfnParameter, Duration, Fn, SecretValue, Stack, type StackProps } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { AdminApi } from './constructs/admin-api.ts';
import { Alarms } from './constructs/alarms.ts';
import { AuditArchive } from './constructs/audit-archive.ts';
import { Bridge } from './constructs/bridge.ts';
import { DashboardSite } from './constructs/dashboard-site.ts';
import { Identity, type Provider } from './constructs/identity.ts';
import { Job } from './constructs/job.ts';
import { NodeFunction } from './constructs/node-function.ts';
import { PepperKey } from './constructs/pepper-key.ts';
import { StreamingApi } from './constructs/streaming-api.ts';
import { READ, Tables, WRITE } from './constructs/tables.ts';
import { VaultKey } from './constructs/vault-key.ts';
import { federationOf } from './federation.ts';
import type { GatewayOptions } from './options.ts';

export interface GatewayStackProps extends StackProps { readonly options: GatewayOptions }

/** The whole product: two doors, their functions, the store, the keys, who may sign in, the dashboard and the alarms. */
export class GatewayStack extends Stack {
  readonly tables: Tables;
  readonly vault: VaultKey;
  readonly pepper: PepperKey;
  readonly archive: AuditArchive;
  readonly site: DashboardSite;
  readonly identity: Identity;
  /** Where BSVibe is no OpenID provider. */
  readonly bridge: Bridge | undefined;
  readonly gateway: NodeFunction;
  readonly admin: NodeFunction;
  readonly rollUp: Job;
  readonly sweep: Job;
  readonly failures: Queue;
  readonly dataApi: StreamingApi;
  readonly adminApi: AdminApi;
  /** The one method of the admin API that needs no token. */
  readonly publicMethod: Construct;
  readonly alarms: Alarms;
  readonly outputs: readonly CfnOutput[];
  private readonly options: GatewayOptions;

  constructor(scope: Construct, id: string, { options, ...props }: GatewayStackProps) {
    super(scope, id, props);
    this.options = options;
    const keep = { retain: options.retain };
    this.tables = new Tables(this, 'Tables', keep);
    this.vault = new VaultKey(this, 'VaultKey', keep);
    this.pepper = new PepperKey(this, 'PepperKey', keep);
    this.archive = new AuditArchive(this, 'AuditArchive', { lockDays: options.archiveLockDays, ...keep });
    this.failures = new Queue(this, 'Failures', { enforceSSL: true, retentionPeriod: Duration.days(14) });

    this.adminApi = new AdminApi(this, 'AdminApi', options);
    const signInPrefix = options.signInPrefix ?? `bsgateway-${this.uniquePart()}`;
    this.site = new DashboardSite(this, 'Dashboard', {
      accessLogs: this.archive.accessLogs, ...keep,
      connectTo: [this.adminApi.origin, `https://cognito-idp.${this.region}.${this.urlSuffix}`, `https://${signInPrefix}.auth.${this.region}.amazoncognito.com`],
    });
    const ownerEmail = options.ownerEmail ?? this.ownerParameter();
    const federation = federationOf(options);
    this.bridge = federation?.kind !== 'bridge' ? undefined : new Bridge(this, 'Bridge', {
      ...options, federation, tables: this.tables, signInOrigin: `https://${signInPrefix}.auth.${this.region}.amazoncognito.com`,
    });
    this.identity = new Identity(this, 'Identity', { dashboardOrigin: this.site.origin, ownerEmail, signInPrefix, ...keep, provider: this.providerOf(federation) });

    this.gateway = this.makeGateway();
    this.admin = this.makeAdmin(ownerEmail, `https://${signInPrefix}.auth.${this.region}.amazoncognito.com`);
    this.rollUp = this.makeJob('RollUp', 'roll-up', 'BSGateway: adds up the ledger');
    this.sweep = this.makeJob('Sweep', 'sweep-reservations', 'BSGateway: settles requests whose process died');
    this.grantRights();

    this.dataApi = new StreamingApi(this, 'DataApi', { ...options, handler: this.gateway.function });
    this.publicMethod = this.adminApi.addRoutes({
      handler: this.admin.function, pool: this.identity.pool, scope: this.identity.scope, dashboardOrigin: this.site.origin,
    });
    // Stages that log can be made only after the account's role for these logs.
    this.adminApi.api.deploymentStage.node.addDependency(this.dataApi.api);
    this.bridge?.api.deploymentStage.node.addDependency(this.dataApi.api);
    this.alarms = new Alarms(this, 'Alarms', {
      gateway: this.gateway.function, admin: this.admin.function, jobs: { RollUp: this.rollUp.function, Sweep: this.sweep.function },
      dataApi: this.dataApi.api, usage: this.tables.byName.usage, failures: this.failures, email: options.alarmEmail,
    });
    this.outputs = this.makeOutputs();
  }

  private providerOf(federation: ReturnType<typeof federationOf>): Provider | undefined {
    if (federation?.kind === 'oidc') return { ...federation, clientSecret: SecretValue.secretsManager(federation.clientSecret) };
    if (federation === undefined || this.bridge === undefined) return undefined;
    const { issuer, clientId, clientSecret, endpoints } = this.bridge;
    const attributes = { email: 'email', email_verified: 'email_verified', name: 'name' };
    return { label: federation.label, issuer, clientId, clientSecret, endpoints, scopes: ['openid', 'email', 'profile'], attributes };
  }

  private makeGateway(): NodeFunction {
    return new NodeFunction(this, 'Gateway', {
      ...this.options, bundle: 'gateway', description: 'BSGateway: inference', timeout: Duration.minutes(15), memoryMb: this.options.gatewayMemoryMb,
      environment: { ...this.common(), BSG_VAULT_KEY_ID: this.vault.key.keyArn, BSG_PEPPER_KEY_ID: this.pepper.key.keyArn },
    });
  }

  private makeAdmin(ownerEmail: string, signInOrigin: string): NodeFunction {
    return new NodeFunction(this, 'Admin', {
      ...this.options, reservedConcurrency: undefined, bundle: 'admin', description: 'BSGateway: administration', timeout: Duration.minutes(5), memoryMb: 1024,
      environment: {
        ...this.common(), BSG_VAULT_KEY_ID: this.vault.key.keyArn, BSG_PEPPER_KEY_ID: this.pepper.key.keyArn,
        BSG_ISSUER: this.identity.pool.userPoolProviderUrl,
        BSG_USER_POOL_CLIENT_ID: this.identity.dashboard.userPoolClientId,
        BSG_MACHINE_CLIENT_ID: this.identity.machines.userPoolClientId,
        BSG_SIGN_IN_ORIGIN: signInOrigin,
        BSG_OWNER_EMAIL: ownerEmail,
        BSG_DASHBOARD_URL: this.site.origin,
        BSG_GATEWAY_FUNCTION: this.gateway.function.functionName,
      },
    });
  }

  private makeJob(id: string, bundle: string, description: string): Job {
    return new Job(this, id, { ...this.options, reservedConcurrency: undefined, bundle, description, environment: this.common(), everyMinutes: 1, failures: this.failures });
  }

  /** Who may do what, in one place; `test/infra/rights.ts` is the same table from outside. */
  private grantRights(): void {
    const { tables } = this;
    const [gateway, admin, rollUp, sweep] = [this.gateway.role, this.admin.role, this.rollUp.role, this.sweep.role];
    const ofTenants = { partitions: ['T#*'] };

    this.vault.grantOpen(gateway);
    this.vault.grantSeal(admin);
    this.pepper.grantMac(gateway);
    this.pepper.grantMac(admin);

    for (const name of ['models', 'rules'] as const) tables.allow(gateway, name, READ, ofTenants);
    tables.allow(gateway, 'tenants', READ, { partitions: ['T#*', 'ready'] });
    tables.allow(gateway, 'keys', ['GetItem'], { partitions: ['K#*'] });
    tables.allow(gateway, 'usage', [...READ, 'PutItem', 'UpdateItem'], { indexes: true });
    tables.denyChanges(gateway, 'tenants', 'models', 'rules', 'keys');

    for (const name of ['tenants', 'models', 'rules', 'keys', 'usage'] as const) tables.allow(admin, name, [...READ, ...WRITE], { indexes: true });
    tables.allow(admin, 'audit', ['PutItem', 'Query'], ofTenants);
    admin.addToPrincipalPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.gateway.function.functionArn] }));

    for (const job of [rollUp, sweep]) {
      tables.allow(job, 'tenants', READ, { partitions: ['T#*', 'X#tenants'] });
      tables.denyChanges(job, 'tenants', 'models', 'rules', 'keys');
    }
    tables.allow(rollUp, 'usage', [...READ, ...WRITE], { indexes: true });
    // Leases stand in the limiter item of a key, and a tenant's keys are listed over an index.
    tables.allow(sweep, 'keys', ['Query'], { ...ofTenants, indexes: true });
    tables.allow(sweep, 'usage', ['GetItem', 'PutItem', 'UpdateItem']);
    for (const role of [gateway, admin, rollUp, sweep]) tables.denyRewritingHistory(role);
  }

  private common(): Record<string, string> {
    const { allowUpstreams } = this.options;
    return { ...this.tables.environment(), BSG_DEPLOYMENT_ID: this.uniquePart(), ...(allowUpstreams !== '' && { ALLOW_UPSTREAMS: allowUpstreams }) };
  }

  /** 8 hexadecimal digits that no other stack has: the beginning of the UUID in the stack's id. */
  private uniquePart(): string {
    return Fn.select(0, Fn.split('-', Fn.select(2, Fn.split('/', this.stackId))));
  }

  private ownerParameter(): string {
    return new CfnParameter(this, 'OwnerEmail', {
      description: 'The address that becomes owner; set it with -c ownerEmail=…', allowedPattern: '[^\\s@]+@[^\\s@]+\\.[^\\s@]+',
      constraintDescription: 'must be an e-mail address',
    }).valueAsString;
  }

  private makeOutputs(): CfnOutput[] {
    return [
      new CfnOutput(this, 'BaseUrl', { description: 'base_url for OpenAI and Anthropic clients', value: this.dataApi.baseUrl }),
      new CfnOutput(this, 'DashboardUrl', { description: 'The dashboard', value: this.site.origin }),
      new CfnOutput(this, 'AdminUrl', { description: 'The admin API', value: `${this.adminApi.api.url}admin` }),
      ...(this.bridge === undefined ? [] : [new CfnOutput(this, 'BridgeCallbackUrl', { description: 'Have BSVibe allow this redirect address', value: `${this.bridge.issuer}/callback` })]),
    ];
  }
}
