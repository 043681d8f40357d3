export interface Listed { readonly ResourceARN: string; readonly Tags: readonly { readonly Key: string; readonly Value: string }[] }

/** ARNs of what a removed stack has left, by part. */
export const ARNS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['tenants', 'models', 'rules', 'keys', 'audit', 'usage'].map((name) => [`table-${name}`, `arn:aws:dynamodb:eu-central-1:111122223333:table/BSGateway-Tables-${name}-1A2B`])),
  'vault-key': 'arn:aws:kms:eu-central-1:111122223333:key/0a1b-vault', 'pepper-key': 'arn:aws:kms:eu-central-1:111122223333:key/0a1b-pepper',
  'audit-archive': 'arn:aws:s3:::bsgateway-archive-1a2b', 'access-logs': 'arn:aws:s3:::bsgateway-logs-1a2b', 'user-pool': 'arn:aws:cognito-idp:eu-central-1:111122223333:userpool/eu-central-1_Old1',
};

/** One row of what `aws resourcegroupstaggingapi get-resources` answers. */
export const listed = (part: string, arn = ARNS[part] ?? '', stack = 'BSGateway'): Listed => ({ ResourceARN: arn, Tags: [{ Key: 'other', Value: 'x' }, { Key: 'bsgateway:stack', Value: stack }, { Key: 'bsgateway:part', Value: part }] });

/** The whole answer for a stack that was removed. */
export const keptList = (): { readonly ResourceTagMappingList: readonly Listed[] } => ({ ResourceTagMappingList: Object.keys(ARNS).map((part) => listed(part)) });
