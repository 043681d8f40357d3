import type { Role as IamRole } from 'aws-cdk-lib/aws-iam';
import { SIGN_INS } from '../../functions/adapters/store/sign-ins.ts';
import type { GatewayStack } from '../../infra/gateway-stack.ts';
import type { AccessRequest, Decision } from './iam-evaluator.ts';

/** Every role of a stack with everything in it. */
export const ROLES = ['gateway', 'admin', 'rollUp', 'sweep', 'archiveAudit', 'planEvidence', 'watchAudit', 'publisher', 'bridge'] as const;
export type Role = (typeof ROLES)[number];
export type Target = 'vault' | 'pepper' | 'archive' | 'gatewayFunction' | 'failures' | 'archive/tenant/1.ndjson' | 'audit/stream/x' | 'ownLog' | 'otherLog' | 'bridgeLog' | 'issuerKey' | 'credential' | 'site/index.html'
  | 'tenants' | 'models' | 'rules' | 'keys' | 'audit' | 'usage' | `${'keys' | 'usage' | 'audit' | 'models'}/index/by-i1`;
export type Right = readonly [Role, string, Target, AccessRequest['context'], Decision];

const YES = 'allow';
const NO = 'implicit deny';
const NEVER = 'explicit deny';

const FIELDS = ['app', 'tenantId', 'credentialId', 'purpose'];
export const sealContext = (app: string, names: readonly string[] = FIELDS): Record<string, string | readonly string[]> => ({
  'kms:EncryptionContextKeys': names,
  ...Object.fromEntries(names.map((name) => [`kms:EncryptionContext:${name}`, name === 'app' ? app : 'x'])),
});
const OURS = sealContext('bsgateway');
const MAC = { 'kms:MacAlgorithm': 'HMAC_SHA_256' };
const at = (...partitions: string[]) => ({ 'dynamodb:LeadingKeys': partitions });
const TENANT = at('T#default');
/** What the bridge asks of its key, and where it keeps sign-ins. */
const SIGN = { 'kms:SigningAlgorithm': 'RSASSA_PKCS1_V1_5_SHA_256', 'kms:MessageType': 'DIGEST' };
const OWN = at(`${SIGN_INS}#code#abc`);

/** Who may do what with what: the table of rights, as DECISIONS and the reliability requirements want it. */
export const RIGHTS: readonly Right[] = [
  // Opening credentials: the data plane, with the whole context and ours only.
  ['gateway', 'kms:Decrypt', 'vault', OURS, YES],
  ['gateway', 'kms:Decrypt', 'vault', {}, NO],
  ['gateway', 'kms:Decrypt', 'vault', sealContext('other'), NO],
  ['gateway', 'kms:Decrypt', 'vault', sealContext('bsgateway', ['app']), NO],
  ['gateway', 'kms:Decrypt', 'vault', sealContext('bsgateway', ['app', 'tenantId', 'credentialId']), NO],
  ['gateway', 'kms:Decrypt', 'vault', sealContext('bsgateway', [...FIELDS, 'extra']), NO],
  ['gateway', 'kms:Decrypt', 'pepper', OURS, NO],
  ['gateway', 'kms:GenerateDataKey', 'vault', OURS, NO],
  ['gateway', 'kms:Encrypt', 'vault', OURS, NEVER],
  ['gateway', 'kms:ReEncryptFrom', 'vault', OURS, NEVER],
  ['gateway', 'kms:CreateGrant', 'vault', OURS, NEVER],
  ['admin', 'kms:GenerateDataKey', 'vault', OURS, YES],
  ['admin', 'kms:GenerateDataKey', 'vault', {}, NO],
  ['admin', 'kms:GenerateDataKey', 'vault', sealContext('other'), NO],
  ['admin', 'kms:GenerateDataKey', 'vault', sealContext('bsgateway', ['app', 'purpose']), NO],
  ['admin', 'kms:GenerateDataKeyWithoutPlaintext', 'vault', OURS, NO],
  ['admin', 'kms:Decrypt', 'vault', OURS, NEVER],
  ['admin', 'kms:Encrypt', 'vault', OURS, NEVER],
  ['admin', 'kms:ReEncryptFrom', 'vault', OURS, NEVER],
  ['admin', 'kms:ReEncryptTo', 'vault', OURS, NEVER],
  ['admin', 'kms:CreateGrant', 'vault', OURS, NEVER],
  ['admin', 'kms:PutKeyPolicy', 'vault', {}, NO],
  ['rollUp', 'kms:Decrypt', 'vault', OURS, NEVER],
  ['rollUp', 'kms:GenerateDataKey', 'vault', OURS, NO],
  ['sweep', 'kms:Decrypt', 'vault', OURS, NEVER],
  ['sweep', 'kms:GenerateDataKey', 'vault', OURS, NO],
  // The pepper: both planes, one operation, one algorithm.
  ['gateway', 'kms:GenerateMac', 'pepper', MAC, YES],
  ['gateway', 'kms:GenerateMac', 'pepper', { 'kms:MacAlgorithm': 'HMAC_SHA_512' }, NO],
  ['gateway', 'kms:VerifyMac', 'pepper', MAC, NO],
  ['gateway', 'kms:GenerateMac', 'vault', MAC, NO],
  ['admin', 'kms:GenerateMac', 'pepper', MAC, YES],
  ['admin', 'kms:VerifyMac', 'pepper', MAC, NO],
  ['rollUp', 'kms:GenerateMac', 'pepper', MAC, NO],
  ['sweep', 'kms:GenerateMac', 'pepper', MAC, NO],
  // The data plane reads what it serves by, and writes usage alone.
  ['gateway', 'dynamodb:GetItem', 'keys', at('K#AAAAAAAAAAAA'), YES],
  ['gateway', 'dynamodb:GetItem', 'keys', TENANT, NO],
  ['gateway', 'dynamodb:GetItem', 'keys', {}, NO],
  ['gateway', 'dynamodb:Query', 'keys', at('K#AAAAAAAAAAAA'), NO],
  ['gateway', 'dynamodb:Query', 'keys/index/by-i1', TENANT, NO],
  ['gateway', 'dynamodb:PutItem', 'keys', at('K#AAAAAAAAAAAA'), NEVER],
  ['gateway', 'dynamodb:UpdateItem', 'keys', at('K#AAAAAAAAAAAA'), NEVER],
  ['gateway', 'dynamodb:DeleteItem', 'keys', at('K#AAAAAAAAAAAA'), NEVER],
  ['gateway', 'dynamodb:Query', 'models', TENANT, YES],
  ['gateway', 'dynamodb:Query', 'models', {}, NO],
  ['gateway', 'dynamodb:PutItem', 'models', TENANT, NEVER],
  ['gateway', 'dynamodb:UpdateItem', 'models', TENANT, NEVER],
  ['gateway', 'dynamodb:BatchWriteItem', 'models', TENANT, NEVER],
  ['gateway', 'dynamodb:PartiQLUpdate', 'models', TENANT, NEVER],
  ['gateway', 'dynamodb:Query', 'rules', TENANT, YES],
  ['gateway', 'dynamodb:PutItem', 'rules', TENANT, NEVER],
  ['gateway', 'dynamodb:DeleteItem', 'rules', TENANT, NEVER],
  ['gateway', 'dynamodb:GetItem', 'tenants', TENANT, YES],
  ['gateway', 'dynamodb:Query', 'tenants', at('X#origins'), YES],
  ['gateway', 'dynamodb:GetItem', 'tenants', at('ready'), YES],
  ['gateway', 'dynamodb:Query', 'tenants', at('X#tenants'), NO],
  ['gateway', 'dynamodb:PutItem', 'tenants', TENANT, NEVER],
  ['gateway', 'dynamodb:GetItem', 'usage', TENANT, YES],
  ['gateway', 'dynamodb:PutItem', 'usage', TENANT, YES],
  ['gateway', 'dynamodb:UpdateItem', 'usage', TENANT, YES],
  ['gateway', 'dynamodb:Query', 'usage/index/by-i1', at('LK#default#k#2026-11'), NO],
  ['gateway', 'dynamodb:DeleteItem', 'usage', TENANT, NO],
  ['gateway', 'dynamodb:PutItem', 'usage', at('L#default#2026-11-20#0'), YES],
  ['gateway', 'dynamodb:UpdateItem', 'usage', at('L#default#2026-11-20#0'), YES],
  ['gateway', 'dynamodb:PutItem', 'usage', at('T#default#SESSION#s_1'), YES],
  ['gateway', 'dynamodb:UpdateItem', 'usage', at('RF#default#2026-11'), YES],
  ['gateway', 'dynamodb:UpdateItem', 'usage', at('RX#2026-11'), YES],
  ['gateway', 'dynamodb:PutItem', 'usage', at('LO#default#2026-11-20'), YES],
  ['gateway', 'dynamodb:UpdateItem', 'usage', at('T#default#EVIDENCE'), YES],
  ['gateway', 'dynamodb:PutItem', 'usage', at('UD#default'), YES],
  ['gateway', 'dynamodb:PutItem', 'usage', at('LC#default#01J'), YES],
  ['gateway', 'dynamodb:DeleteItem', 'usage', at('LC#default#01J'), YES],
  ['gateway', 'dynamodb:DeleteItem', 'usage', at('L#default#2026-11-20#0'), NO],
  ['gateway', 'dynamodb:DeleteItem', 'usage', at('T#default#LIM#k'), NO],
  ['gateway', 'dynamodb:DeleteItem', 'usage', {}, NO],
  ['gateway', 'dynamodb:PutItem', 'usage', at('U#default#m#2026-11'), NO],
  ['gateway', 'dynamodb:PutItem', 'usage', at('UW#default'), NO],
  ['gateway', 'dynamodb:PutItem', 'usage', at('L#default#2026-11-20#0', 'U#default'), NO],
  ['gateway', 'dynamodb:PutItem', 'usage', {}, NO],
  ['gateway', 's3:GetObject', 'archive/tenant/1.ndjson', {}, NO],
  ['gateway', 'dynamodb:GetRecords', 'audit/stream/x', {}, NO],
  ['gateway', 'dynamodb:Scan', 'usage', {}, NO],
  ['gateway', 'dynamodb:BatchWriteItem', 'usage', TENANT, NO],
  ['gateway', 'dynamodb:DeleteTable', 'usage', {}, NO],
  ['gateway', 'dynamodb:UpdateTimeToLive', 'usage', {}, NO],
  ['gateway', 'dynamodb:Query', 'audit', TENANT, NO],
  ['gateway', 'dynamodb:PutItem', 'audit', TENANT, NO],
  ['gateway', 'dynamodb:DeleteItem', 'audit', TENANT, NEVER],
  // The control plane changes records, and history not.
  ['admin', 'dynamodb:PutItem', 'models', TENANT, YES],
  ['admin', 'dynamodb:DeleteItem', 'models', TENANT, YES],
  ['admin', 'dynamodb:UpdateItem', 'keys', at('K#AAAAAAAAAAAA'), YES],
  ['admin', 'dynamodb:Query', 'keys/index/by-i1', TENANT, YES],
  ['admin', 'dynamodb:PutItem', 'tenants', TENANT, YES],
  ['admin', 'dynamodb:PutItem', 'rules', TENANT, YES],
  ['admin', 'dynamodb:Scan', 'models', {}, NO],
  ['admin', 'dynamodb:BatchWriteItem', 'models', TENANT, NO],
  ['admin', 'dynamodb:PutItem', 'audit', TENANT, YES],
  ['admin', 'dynamodb:Query', 'audit', TENANT, YES],
  ['admin', 'dynamodb:PutItem', 'audit', {}, NO],
  ['admin', 'dynamodb:UpdateItem', 'audit', TENANT, NEVER],
  ['admin', 'dynamodb:DeleteItem', 'audit', TENANT, NEVER],
  ['admin', 'dynamodb:BatchWriteItem', 'audit', TENANT, NEVER],
  ['admin', 'dynamodb:PartiQLInsert', 'audit', TENANT, NEVER],
  ['admin', 'dynamodb:PartiQLUpdate', 'audit', TENANT, NEVER],
  ['admin', 'dynamodb:PartiQLDelete', 'audit', TENANT, NEVER],
  ['admin', 'dynamodb:PartiQLSelect', 'audit/index/by-i1', TENANT, NEVER],
  ['admin', 'dynamodb:DeleteTable', 'audit', {}, NO],
  ['admin', 's3:DeleteObject', 'archive', {}, NO],
  ['admin', 's3:BypassGovernanceRetention', 'archive', {}, NO],
  ['admin', 'lambda:InvokeFunction', 'gatewayFunction', {}, YES],
  ['admin', 'lambda:UpdateFunctionCode', 'gatewayFunction', {}, NO],
  ['gateway', 'lambda:InvokeFunction', 'gatewayFunction', {}, NO],
  // Jobs keep to usage.
  ['rollUp', 'dynamodb:Query', 'tenants', at('X#tenants'), YES],
  ['rollUp', 'dynamodb:Query', 'usage', at('L#default#2026-11-20#0'), YES],
  ['rollUp', 'dynamodb:PutItem', 'usage', at('R#default'), YES],
  ['rollUp', 'dynamodb:PutItem', 'tenants', TENANT, NEVER],
  ['rollUp', 'dynamodb:GetItem', 'keys', at('K#AAAAAAAAAAAA'), NO],
  ['rollUp', 'dynamodb:DeleteItem', 'audit', TENANT, NEVER],
  ['rollUp', 'sqs:SendMessage', 'failures', {}, YES],
  ['rollUp', 'sqs:ReceiveMessage', 'failures', {}, NO],
  ['sweep', 'dynamodb:Query', 'keys/index/by-i1', TENANT, YES],
  ['sweep', 'dynamodb:UpdateItem', 'keys', TENANT, NEVER],
  ['sweep', 'dynamodb:UpdateItem', 'usage', TENANT, YES],
  ['sweep', 'dynamodb:PutItem', 'usage', at('L#default#2026-11-20#0'), YES],
  ['sweep', 'dynamodb:PutItem', 'usage', at('U#default#m#2026-11'), NO],
  ['sweep', 'dynamodb:DeleteItem', 'usage', TENANT, NO],
  // The archive adds objects and a note of how far it came; it can neither read, replace nor remove one before its time.
  ['archiveAudit', 'dynamodb:Query', 'audit', at('T#default#EVENT'), YES],
  ['archiveAudit', 'dynamodb:Query', 'audit', {}, NO],
  ['archiveAudit', 'dynamodb:PutItem', 'audit', TENANT, NO],
  ['archiveAudit', 'dynamodb:DeleteItem', 'audit', TENANT, NEVER],
  ['archiveAudit', 'dynamodb:PutItem', 'usage', at('T#default#AUDIT'), YES],
  ['archiveAudit', 'dynamodb:PutItem', 'usage', at('L#default#2026-11-20#0'), NO],
  ['archiveAudit', 'dynamodb:GetItem', 'tenants', at('T#default#AUDIT'), YES],
  ['archiveAudit', 'dynamodb:PutItem', 'tenants', at('T#default#AUDIT'), NEVER],
  ['archiveAudit', 's3:PutObject', 'archive/tenant/1.ndjson', {}, YES],
  ['archiveAudit', 's3:GetObject', 'archive/tenant/1.ndjson', {}, NO],
  ['archiveAudit', 's3:DeleteObject', 'archive/tenant/1.ndjson', {}, NO],
  ['archiveAudit', 's3:DeleteObjectVersion', 'archive/tenant/1.ndjson', {}, NO],
  ['archiveAudit', 's3:BypassGovernanceRetention', 'archive/tenant/1.ndjson', {}, NO],
  ['archiveAudit', 's3:PutObjectRetention', 'archive/tenant/1.ndjson', {}, NO],
  ['archiveAudit', 's3:PutBucketObjectLockConfiguration', 'archive', {}, NO],
  ['archiveAudit', 'kms:Decrypt', 'vault', OURS, NEVER],
  ['admin', 's3:PutObject', 'archive/tenant/1.ndjson', {}, NO],
  // The evidence plan reads policies and ledger rows, and writes evidence.
  ['planEvidence', 'dynamodb:Query', 'rules', at('T#default#ROUTING'), YES],
  ['planEvidence', 'dynamodb:PutItem', 'rules', at('T#default#ROUTING'), NEVER],
  ['planEvidence', 'dynamodb:Query', 'models', at('T#default#MODEL'), YES],
  ['planEvidence', 'dynamodb:Query', 'usage', at('L#default#2026-11-20#0'), YES],
  ['planEvidence', 'dynamodb:PutItem', 'usage', at('L#default#2026-11-20#0'), NO],
  ['planEvidence', 'dynamodb:PutItem', 'usage', at('T#default#EVIDENCE-PLAN'), YES],
  ['planEvidence', 'dynamodb:DeleteItem', 'usage', at('T#default#EVIDENCE-KEYS'), YES],
  ['planEvidence', 'dynamodb:GetItem', 'keys', at('K#AAAAAAAAAAAA'), NO],
  ['planEvidence', 'kms:Decrypt', 'vault', OURS, NEVER],
  // The watch sees the stream, and no table.
  ['watchAudit', 'dynamodb:GetRecords', 'audit/stream/x', {}, YES],
  ['watchAudit', 'dynamodb:Query', 'audit', at('T#default#EVENT'), NO],
  ['watchAudit', 'dynamodb:UpdateItem', 'audit', at('T#default#EVENT'), NEVER],
  ['watchAudit', 'dynamodb:GetItem', 'tenants', TENANT, NO],
  ['watchAudit', 'sqs:SendMessage', 'failures', {}, YES],
  ['sweep', 'dynamodb:PutItem', 'audit', TENANT, NO],
  ['sweep', 'dynamodb:UpdateItem', 'audit', TENANT, NEVER],
  ['gateway', 'logs:PutLogEvents', 'ownLog', {}, YES],
  ['gateway', 'logs:PutLogEvents', 'otherLog', {}, NO],
  ['gateway', 'logs:CreateLogGroup', 'ownLog', {}, NO],
  // The bridge signs and shows its own key, reads its own credential, keeps its own sign-ins: nothing of any tenant.
  ['bridge', 'kms:Sign', 'issuerKey', SIGN, YES],
  ['bridge', 'kms:Sign', 'issuerKey', { ...SIGN, 'kms:SigningAlgorithm': 'RSASSA_PSS_SHA_256' }, NO],
  ['bridge', 'kms:Sign', 'issuerKey', { ...SIGN, 'kms:MessageType': 'RAW' }, NO],
  ['bridge', 'kms:Sign', 'issuerKey', {}, NO],
  ['bridge', 'kms:GetPublicKey', 'issuerKey', {}, YES],
  ['bridge', 'kms:Verify', 'issuerKey', SIGN, NO],
  ['bridge', 'kms:Decrypt', 'issuerKey', {}, NO],
  ['bridge', 'kms:PutKeyPolicy', 'issuerKey', {}, NO],
  ['bridge', 'kms:CreateGrant', 'issuerKey', {}, NO],
  ['bridge', 'kms:Sign', 'vault', SIGN, NO],
  ['bridge', 'kms:GetPublicKey', 'vault', {}, NO],
  ['bridge', 'kms:Decrypt', 'vault', {}, NEVER],
  ['bridge', 'kms:GenerateDataKey', 'vault', {}, NO],
  ['bridge', 'kms:GenerateMac', 'pepper', MAC, NO],
  ['bridge', 'secretsmanager:GetSecretValue', 'credential', {}, YES],
  ['bridge', 'secretsmanager:PutSecretValue', 'credential', {}, NO],
  ['bridge', 'dynamodb:GetItem', 'tenants', OWN, YES],
  ['bridge', 'dynamodb:PutItem', 'tenants', OWN, YES],
  ['bridge', 'dynamodb:DeleteItem', 'tenants', OWN, YES],
  ['bridge', 'dynamodb:Query', 'tenants', OWN, NO],
  ['bridge', 'dynamodb:Scan', 'tenants', {}, NO],
  ['bridge', 'dynamodb:GetItem', 'tenants', {}, NO],
  ['bridge', 'dynamodb:GetItem', 'tenants', TENANT, NO],
  ['bridge', 'dynamodb:PutItem', 'tenants', at('SUB#x'), NO],
  ['bridge', 'dynamodb:PutItem', 'tenants', at('BR#code#x', 'T#default'), NO],
  ['bridge', 'dynamodb:PutItem', 'tenants', at('BRX'), NO],
  ['bridge', 'dynamodb:GetItem', 'models', TENANT, NO],
  ['bridge', 'dynamodb:PutItem', 'models', OWN, NEVER],
  ['bridge', 'dynamodb:GetItem', 'keys', at('K#A'), NO],
  ['bridge', 'dynamodb:PutItem', 'keys', OWN, NEVER],
  ['bridge', 'dynamodb:PutItem', 'usage', OWN, NEVER],
  ['bridge', 'dynamodb:PutItem', 'audit', TENANT, NO],
  ['bridge', 'dynamodb:DeleteItem', 'audit', TENANT, NEVER],
  ['bridge', 'lambda:InvokeFunction', 'gatewayFunction', {}, NO],
  ['bridge', 'logs:PutLogEvents', 'bridgeLog', {}, YES],
  ['bridge', 'logs:CreateLogGroup', 'bridgeLog', {}, NO],
  ['bridge', 'kms:Encrypt', 'vault', OURS, NEVER],
  ['bridge', 'dynamodb:UpdateItem', 'audit', TENANT, NEVER],
  ['bridge', 'dynamodb:PartiQLDelete', 'audit', TENANT, NEVER],
  // Nobody else signs people in.
  ...(['gateway', 'admin', 'rollUp', 'sweep', 'publisher'] as const).flatMap((role): Right[] => [
    [role, 'kms:Sign', 'issuerKey', SIGN, NO], [role, 'secretsmanager:GetSecretValue', 'credential', {}, NO],
  ]),
  // The publisher puts files into the dashboard's bucket.
  ['publisher', 's3:PutObject', 'site/index.html', {}, YES],
  ['publisher', 's3:DeleteObject', 'site/index.html', {}, NO],
  ['publisher', 's3:PutObject', 'archive/tenant/1.ndjson', {}, NO],
  ['publisher', 'dynamodb:DeleteItem', 'audit', TENANT, NEVER],
  ['publisher', 'dynamodb:GetItem', 'tenants', TENANT, NO],
  ['publisher', 'kms:Decrypt', 'vault', OURS, NEVER],
  ['admin', 's3:PutObject', 'site/index.html', {}, NO],
  ['gateway', 'iam:PassRole', 'vault', {}, NO],
  ['admin', 'sts:AssumeRole', 'vault', {}, NO],
];

/** The bridge of a stack that has one. */
export function bridgeOf({ bridge }: GatewayStack) {
  if (bridge === undefined) throw new Error('this stack has no bridge');
  return bridge;
}

export function roleOf(stack: GatewayStack, role: Role): IamRole {
  if (role === 'bridge') return bridgeOf(stack).handler.role;
  return role === 'publisher' ? stack.files.publisher.role : stack[role].role;
}

/** The resource behind a name of the table, and what stands behind it (`/index/by-i1`). */
export function targetOf(stack: GatewayStack, target: Target) {
  const [name = '', ...rest] = target.split('/');
  const { tables, vault, pepper, archive, gateway, admin, failures, site } = stack;
  const bridge = bridgeOf(stack);
  const constructs = {
    ...tables.byName, vault: vault.key, pepper: pepper.key, archive: archive.bucket, gatewayFunction: gateway.function, failures, ownLog: gateway.logGroup, otherLog: admin.logGroup,
    bridgeLog: bridge.handler.logGroup, issuerKey: bridge.key, credential: bridge.credential, site: site.bucket,
  };
  const construct = constructs[name as keyof typeof constructs];
  return { construct, suffix: rest.map((part) => `/${part}`).join(''), isKey: ['vault', 'pepper', 'issuerKey'].includes(name) };
}
