import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { READ, WRITE, type Tables } from './constructs/tables.ts';
import type { AuditArchive } from './constructs/audit-archive.ts';
import type { NodeFunction } from './constructs/node-function.ts';
import type { PepperKey } from './constructs/pepper-key.ts';
import type { VaultKey } from './constructs/vault-key.ts';

type Functions = 'gateway' | 'admin' | 'rollUp' | 'sweep' | 'archiveAudit' | 'planEvidence' | 'watchAudit';
/** What holds rights and what they are rights to: the stack has them all. */
export interface Granting extends Readonly<Record<Functions, NodeFunction>> {
  readonly tables: Tables;
  readonly vault: VaultKey;
  readonly pepper: PepperKey;
  readonly archive: AuditArchive;
}

const OF_TENANTS = { partitions: ['T#*'] };
/**
 * Where the data plane reads and writes in the usage table: a tenant's counters, leases, sessions, breakers, budgets and
 * evidence (T), ledger rows (L), refusals with and without a tenant (RF, RX), what judging costs (LO), comments (LC) and
 * the marks of late settlements (UD). Not the roll-ups (U, UW).
 */
const OF_SERVING = { partitions: ['T#*', 'L#*', 'RF#*', 'RX#*', 'LO#*', 'LC#*', 'UD#*'] };

/** Who may do what, in one place; `test/infra/rights.ts` is the same table from outside. */
export function grantRights(stack: Granting): void {
  grantPlanes(stack);
  grantJobs(stack);
  for (const { role } of [stack.gateway, stack.admin, stack.rollUp, stack.sweep, stack.archiveAudit, stack.planEvidence, stack.watchAudit]) stack.tables.denyRewritingHistory(role);
}

function grantPlanes({ tables, vault, pepper, gateway: { role: gateway, function: gatewayFunction }, admin: { role: admin } }: Granting): void {
  vault.grantOpen(gateway);
  vault.grantSeal(admin);
  pepper.grantMac(gateway);
  pepper.grantMac(admin);

  for (const name of ['models', 'rules'] as const) tables.allow(gateway, name, READ, OF_TENANTS);
  tables.allow(gateway, 'tenants', READ, { partitions: ['T#*', 'X#origins', 'ready'] });
  tables.allow(gateway, 'keys', ['GetItem'], { partitions: ['K#*'] });
  tables.allow(gateway, 'usage', [...READ, 'PutItem', 'UpdateItem'], OF_SERVING);
  // A new rating without a comment takes the old comment away.
  tables.allow(gateway, 'usage', ['DeleteItem'], { partitions: ['LC#*'] });
  tables.denyChanges(gateway, 'tenants', 'models', 'rules', 'keys');

  for (const name of ['tenants', 'models', 'rules', 'keys', 'usage'] as const) tables.allow(admin, name, [...READ, ...WRITE], { indexes: true });
  tables.allow(admin, 'audit', ['PutItem', 'Query'], OF_TENANTS);
  admin.addToPrincipalPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [gatewayFunction.functionArn] }));
}

function grantJobs({ tables, archive, rollUp: { role: rollUp }, sweep: { role: sweep }, archiveAudit: { role: archiver }, planEvidence: { role: planner } }: Granting): void {
  for (const job of [rollUp, sweep, archiver, planner]) {
    tables.allow(job, 'tenants', READ, { partitions: ['T#*', 'X#tenants'] });
    tables.denyChanges(job, 'tenants', 'models', 'rules', 'keys');
  }
  tables.allow(rollUp, 'usage', [...READ, ...WRITE], { indexes: true });
  // Leases stand in the limiter item of a key, and a tenant's keys are listed over an index.
  tables.allow(sweep, 'keys', ['Query'], { ...OF_TENANTS, indexes: true });
  tables.allow(sweep, 'usage', ['GetItem', 'PutItem', 'UpdateItem'], { partitions: ['T#*', 'L#*', 'UD#*'] });

  tables.allow(archiver, 'audit', ['Query'], OF_TENANTS);
  tables.allow(archiver, 'usage', ['GetItem', 'PutItem'], OF_TENANTS);
  archiver.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:PutObject'], resources: [archive.bucket.arnForObjects('*')] }));

  for (const name of ['models', 'rules'] as const) tables.allow(planner, name, READ, OF_TENANTS);
  tables.allow(planner, 'usage', READ, { partitions: ['T#*', 'L#*'] });
  // Places of templates without evidence are given back.
  tables.allow(planner, 'usage', WRITE, OF_TENANTS);
}

