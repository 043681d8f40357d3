import { readFileSync } from 'node:fs';
import { CfnCondition, CfnOutput, CfnParameter, Duration, Fn, SecretValue, Stack, type StackProps } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { tagParts } from './adoption.ts';
import { AdminApi } from './constructs/admin-api.ts';
import { Alarms } from './constructs/alarms.ts';
import { AuditArchive } from './constructs/audit-archive.ts';
import { Bridge } from './constructs/bridge.ts';
import { DashboardFiles } from './constructs/dashboard-files.ts';
import { DashboardSite } from './constructs/dashboard-site.ts';
import { Identity, type Provider } from './constructs/identity.ts';
import { Job } from './constructs/job.ts';
import { NodeFunction } from './constructs/node-function.ts';
import { PepperKey } from './constructs/pepper-key.ts';
import { StreamWatch } from './constructs/stream-watch.ts';
import { StreamingApi, type Domain } from './constructs/streaming-api.ts';
import { Tables } from './constructs/tables.ts';
import { apiTraffic, LoggedTraffic } from './constructs/traffic.ts';
import { Overview } from './constructs/overview.ts';
import { WebCompute } from './constructs/web-compute.ts';
import { VaultKey } from './constructs/vault-key.ts';
import { federationOf } from './federation.ts';
import { WebAcl } from './constructs/web-acl.ts';
import { grantRights } from './grants.ts';
import type { GatewayOptions } from './options.ts';

const { version: VERSION } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

const domainOf = (name: string | undefined, certificateArn: string | undefined): Domain | undefined => (name === undefined || certificateArn === undefined ? undefined : { name, certificateArn });

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
  readonly archiveAudit: Job;
  readonly planEvidence: Job;
  readonly watchAudit: StreamWatch;
  readonly files: DashboardFiles;
  readonly failures: Queue;
  readonly dataApi: StreamingApi;
  /** Only with compute=web. */
  readonly web: WebCompute | undefined;
  readonly adminApi: AdminApi;
  /** The one method of the admin API that needs no token. */
  readonly publicMethod: Construct;
  readonly alarms: Alarms;
  readonly overview: Overview;
  readonly firewall: WebAcl | undefined;
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
    const signInOrigin = `https://${signInPrefix}.auth.${this.region}.amazoncognito.com`;
    this.site = new DashboardSite(this, 'Dashboard', {
      accessLogs: this.archive.accessLogs, ...keep, domain: domainOf(options.dashboardDomain, options.dashboardCertificateArn), webAclArn: options.dashboardWafArn,
      connectTo: [this.adminApi.origin, `https://cognito-idp.${this.region}.${this.urlSuffix}`, signInOrigin],
    });
    const ownerEmail = options.ownerEmail ?? this.ownerParameter();
    const federation = federationOf(options);
    this.bridge = federation?.kind !== 'bridge' ? undefined : new Bridge(this, 'Bridge', {
      ...options, federation, tables: this.tables, signInOrigin,
    });
    this.identity = new Identity(this, 'Identity', { dashboardOrigin: this.site.origin, ownerEmail, inviteOwner: this.invitation(), signInPrefix, ...keep, provider: this.providerOf(federation) });
    tagParts({ tables: this.tables, vault: this.vault, pepper: this.pepper, archive: this.archive, pool: this.identity.pool }, options.stackName);

    this.gateway = this.makeGateway();
    this.admin = this.makeAdmin(ownerEmail, signInOrigin);
    this.rollUp = this.makeJob('RollUp', 'roll-up', 'BSGateway: adds up the ledger', 1);
    this.sweep = this.makeJob('Sweep', 'sweep-reservations', 'BSGateway: settles requests whose process died', 1);
    this.archiveAudit = this.makeJob('ArchiveAudit', 'archive-audit', 'BSGateway: copies audit events into the archive', 5, { BSG_AUDIT_BUCKET: this.archive.bucket.bucketName });
    this.planEvidence = this.makeJob('PlanEvidence', 'plan-evidence', 'BSGateway: decides which models measured quality allows', 60);
    this.watchAudit = new StreamWatch(this, 'WatchAudit', {
      ...this.jobBase(), bundle: 'watch-audit', description: 'BSGateway: finds changes of audit events', environment: this.tables.environment(), table: this.tables.byName.audit,
    });
    grantRights(this, options);

    this.dataApi = new StreamingApi(this, 'DataApi', { ...options, domain: domainOf(options.apiDomain, options.apiCertificateArn), handler: this.gateway.function });
    this.web = options.compute === 'web' ? new WebCompute(this, 'Web', { ...options, role: this.gateway.role, environment: this.gatewayEnvironment() }) : undefined;
    this.publicMethod = this.adminApi.addRoutes({
      handler: this.admin.function, pool: this.identity.pool, scope: this.identity.scope, dashboardOrigin: this.site.origin,
    });
    // Stages that log can be made only after the account's role for these logs.
    this.adminApi.api.deploymentStage.node.addDependency(this.dataApi.api);
    this.bridge?.api.deploymentStage.node.addDependency(this.dataApi.api);
    this.firewall = options.waf ? new WebAcl(this, 'Firewall', { apis: [this.dataApi.api, this.adminApi.api, ...(this.bridge === undefined ? [] : [this.bridge.api])], requestsPer5Minutes: options.wafRequestsPer5Minutes }) : undefined;
    this.files = new DashboardFiles(this, 'DashboardFiles', { ...options, bucket: this.site.bucket, config: this.publicConfig(federation?.label) });
    this.tables.denyRewritingHistory(this.files.publisher.role);
    const traffic = this.web === undefined ? apiTraffic(this.dataApi.api) : new LoggedTraffic(this, 'Traffic', this.web.logGroup);
    this.alarms = new Alarms(this, 'Alarms', {
      gateway: this.gateway.function, admin: this.admin.function, watch: this.watchAudit.function, archiveJob: this.archiveAudit.function, tables: this.tables.byName,
      jobs: { RollUp: [this.rollUp.function, 15], Sweep: [this.sweep.function, 15], ArchiveAudit: [this.archiveAudit.function, 30], PlanEvidence: [this.planEvidence.function, 180] },
      traffic, failures: this.failures, email: options.alarmEmail, bridgeApi: this.bridge?.api, webLog: this.web?.logGroup,
    });
    this.overview = new Overview(this, 'Overview', {
      traffic, isFunction: this.web === undefined, gateway: this.gateway.function, admin: this.admin.function, usage: this.tables.byName.usage, failures: this.failures, bridge: this.bridge,
      jobs: { RollUp: this.rollUp.function, Sweep: this.sweep.function, ArchiveAudit: this.archiveAudit.function, PlanEvidence: this.planEvidence.function, WatchAudit: this.watchAudit.function },
    });
    this.outputs = this.makeOutputs(signInOrigin);
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
      environment: this.gatewayEnvironment(),
    });
  }

  private gatewayEnvironment(): Record<string, string> {
    return { ...this.common(), BSG_VAULT_KEY_ID: this.vault.key.keyArn, BSG_PEPPER_KEY_ID: this.pepper.key.keyArn };
  }

  /** What clients use as their base URL. */
  get baseUrl(): string {
    return this.web?.baseUrl ?? this.dataApi.baseUrl;
  }

  private makeAdmin(ownerEmail: string, signInOrigin: string): NodeFunction {
    return new NodeFunction(this, 'Admin', {
      ...this.options, reservedConcurrency: undefined, bundle: 'admin', description: 'BSGateway: administration', timeout: Duration.minutes(5), memoryMb: 1024,
      environment: {
        ...this.common(), BSG_VAULT_KEY_ID: this.vault.key.keyArn, BSG_PEPPER_KEY_ID: this.pepper.key.keyArn,
        BSG_ISSUER: this.identity.pool.userPoolProviderUrl,
        BSG_USER_POOL_CLIENT_ID: this.identity.dashboard.userPoolClientId,
        BSG_MACHINE_CLIENT_ID: this.identity.machines.userPoolClientId,
        BSG_MACHINE_ROLE: this.options.machineRole,
        BSG_SIGN_IN_ORIGIN: signInOrigin,
        BSG_OWNER_EMAIL: ownerEmail,
        BSG_DASHBOARD_URL: this.site.origin,
        BSG_GATEWAY_FUNCTION: this.gateway.function.functionName,
      },
    });
  }

  private makeJob(id: string, bundle: string, description: string, everyMinutes: number, more: Record<string, string> = {}): Job {
    return new Job(this, id, { ...this.jobBase(), bundle, description, environment: { ...this.common(), ...more }, everyMinutes });
  }

  private jobBase() {
    return { ...this.options, reservedConcurrency: undefined, failures: this.failures };
  }

  /** What the dashboard must know before anybody signed in; the same shape as on one machine. */
  private publicConfig(provider: string | undefined): Record<string, unknown> {
    return {
      edition: 'aws', apiBaseUrl: `${this.adminApi.origin}/prod`, gatewayUrl: this.baseUrl, issuer: this.identity.pool.userPoolProviderUrl,
      clientId: this.identity.dashboard.userPoolClientId, scope: `openid email ${this.identity.scope}`, version: VERSION, demo: false,
      ...(provider === undefined ? { signInLabel: 'Sign in' } : { signInLabel: `Sign in with ${provider}`, identityProvider: provider }),
    };
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

  /** A parameter and no option, because it must stay as it was: a stack keeps the value of its last deployment. */
  private invitation(): CfnCondition {
    const { valueAsString } = new CfnParameter(this, 'OwnerInvitation', { description: 'no: the pool was adopted, and the owner is in it', default: 'yes', allowedValues: ['yes', 'no'] });
    return new CfnCondition(this, 'InviteOwner', { expression: Fn.conditionEquals(valueAsString, 'yes') });
  }

  private makeOutputs(signInOrigin: string): CfnOutput[] {
    return [
      new CfnOutput(this, 'BaseUrl', { description: 'base_url for OpenAI and Anthropic clients', value: this.baseUrl }),
      new CfnOutput(this, 'DashboardUrl', { description: 'The dashboard', value: this.site.origin }),
      new CfnOutput(this, 'AdminUrl', { description: 'The admin API', value: `${this.adminApi.api.url}admin` }),
      new CfnOutput(this, 'UserPoolId', { description: 'The pool of people and machines', value: this.identity.pool.userPoolId }),
      new CfnOutput(this, 'MachineClientId', { description: 'The client as which programs get tokens for the admin API', value: this.identity.machines.userPoolClientId }),
      new CfnOutput(this, 'MachineTokenUrl', { description: 'Where they get them', value: `${signInOrigin}/oauth2/token` }),
      ...(this.bridge === undefined ? [] : [new CfnOutput(this, 'BridgeCallbackUrl', { description: 'Have BSVibe allow this redirect address', value: `${this.bridge.issuer}/callback` })]),
      new CfnOutput(this, 'AuditArchiveBucket', { description: 'The archive of audit events', value: this.archive.bucket.bucketName }),
      new CfnOutput(this, 'OnRemoval', {
        description: 'What removing the stack does', value: this.options.retain
          ? 'Tables, keys, user pool, archive and logs are kept, and -c adopt=… takes them over again; deploy once with -c retain=false before removing to lose them.'
          : 'Removing the stack also removes tables, keys, user pool and logs. THEIR DATA IS LOST.',
      }),
      ...(this.dataApi.pointTo === undefined ? [] : [new CfnOutput(this, 'ApiDomainTarget', { description: 'Point the API\'s host name here (CNAME or alias)', value: this.dataApi.pointTo })]),
      ...(this.options.dashboardDomain === undefined ? [] : [new CfnOutput(this, 'DashboardDomainTarget', { description: 'Point the dashboard\'s host name here (CNAME or alias)', value: this.site.distribution.distributionDomainName })]),
    ];
  }
}
