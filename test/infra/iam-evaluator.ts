/** One statement of a policy, with every intrinsic function resolved to text. */
export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Principal?: '*' | Readonly<Record<string, string | readonly string[]>>;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface AccessRequest {
  /** ARN of the role that asks. */
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  /** Condition keys of the request; a key that is not there is absent. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

export interface Policies {
  readonly identity: readonly Statement[];
  /**
   * The policy of the resource. For a KMS key it decides alone, unless it hands the decision to the account: an identity's
   * own policy counts only then.
   */
  readonly resource?: readonly Statement[];
}

export type Decision = 'allow' | 'explicit deny' | 'implicit deny';

const listOf = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value);

/** `*` and `?` as IAM knows them. */
export function like(pattern: string, text: string): boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

/** What AWS decides within one account, for identity and resource policies (no boundaries, sessions or service control policies). */
export function decide({ identity, resource = [] }: Policies, request: AccessRequest): Decision {
  const applying = (statements: readonly Statement[], effect: Statement['Effect']) =>
    statements.filter((statement) => statement.Effect === effect && applies(statement, request));
  const byResource = resource.filter((statement) => names(statement, request.principal));
  if (applying([...identity, ...byResource], 'Deny').length > 0) return 'explicit deny';
  if (applying(byResource, 'Allow').length > 0) return 'allow';
  const delegated = !request.action.startsWith('kms:')
    || applying(resource.filter((statement) => names(statement, accountOf(request.principal))), 'Allow').length > 0;
  return delegated && applying(identity, 'Allow').length > 0 ? 'allow' : 'implicit deny';
}

const accountOf = (arn: string): string => `arn:aws:iam::${arn.split(':')[4]}:root`;

function names({ Principal }: Statement, principal: string): boolean {
  if (Principal === undefined) return false;
  if (Principal === '*') return true;
  return listOf(Principal['AWS'] ?? []).some((each) => each === '*' || each === principal);
}

function applies(statement: Statement, request: AccessRequest): boolean {
  const { Action, NotAction, Resource, NotResource, Condition = {} } = statement;
  const action = (pattern: string) => like(pattern.toLowerCase(), request.action.toLowerCase());
  const resource = (pattern: string) => like(pattern, request.resource);
  return selected(Action, NotAction, action) && selected(Resource, NotResource, resource)
    && Object.entries(Condition).every(([operator, keys]) => Object.entries(keys).every(([key, wanted]) => holds(operator, key, listOf(wanted), request)));
}

function selected(wanted: string | readonly string[] | undefined, unwanted: string | readonly string[] | undefined, matches: (pattern: string) => boolean): boolean {
  if (wanted !== undefined) return listOf(wanted).some(matches);
  return unwanted !== undefined && !listOf(unwanted).some(matches);
}

const COMPARE: Readonly<Record<string, (wanted: string, value: string) => boolean>> = {
  StringEquals: (wanted, value) => wanted === value,
  StringLike: like,
  ArnEquals: like,
  ArnLike: like,
  Bool: (wanted, value) => wanted.toLowerCase() === value.toLowerCase(),
};

/** One operator on one key. Throws for an operator that is not known here: a condition must never be passed over. */
function holds(operator: string, key: string, wanted: readonly string[], { principal, context = {} }: AccessRequest): boolean {
  const all: Readonly<Record<string, string | readonly string[]>> = { 'aws:PrincipalArn': principal, ...context };
  const given = Object.hasOwn(all, key) ? all[key] : undefined;
  if (operator === 'Null') return wanted.some((absent) => (absent === 'true') === (given === undefined));
  const [, quantifier, negatable, ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(.+?)(IfExists)?$/.exec(operator) ?? [];
  const negated = negatable?.includes('Not') === true;
  const compare = COMPARE[(negatable ?? '').replace('Not', '')];
  if (compare === undefined) throw new Error(`the evaluator does not know the operator ${operator}`);
  const one = (value: string) => wanted.some((each) => compare(each, value)) !== negated;
  if (given === undefined) return quantifier === 'ForAllValues' || (quantifier === undefined && (negated || ifExists !== undefined));
  const values = listOf(given);
  return quantifier === 'ForAnyValue' ? values.some(one) : values.every(one);
}
