import { FEDERATION_OPTIONS, type FederationOptions } from './federation.ts';
import { flag, matching, optional, OptionError, type Option } from './option.ts';

export { OptionError };

/** What an operator may set with `-c name=value`; everything has a default, so that a plain synth works. */
export interface GatewayOptions extends FederationOptions {
  /** The one address that becomes owner at its first sign-in. Undefined: the deployment asks for it as parameter `OwnerEmail`. */
  readonly ownerEmail: string | undefined;
  /** What programs may do that use the admin API with the pool's client for machines. */
  readonly machineRole: MachineRole;
  /** Where alarms are sent. Undefined: alarms only change colour in CloudWatch. */
  readonly alarmEmail: string | undefined;
  readonly stackName: string;
  /** False: removing the stack also removes tables, keys, pool and archive (deploy it once so before destroying). */
  readonly retain: boolean;
  readonly logRetentionDays: number;
  /** How long an archived audit event can be deleted by nobody without a special right. */
  readonly archiveLockDays: number;
  /** Requests per second that the data plane accepts from everybody together, and how many at once. */
  readonly throttleRps: number;
  readonly throttleBurst: number;
  /** Memory also buys processor time: 1,769 MB are one core. */
  readonly gatewayMemoryMb: number;
  /** Concurrent invocations kept for the data plane alone, which is also its maximum. Undefined: the account's pool. */
  readonly reservedConcurrency: number | undefined;
  /** First label of the sign-in pages' host, unique in the region. Undefined: made from the stack's id. */
  readonly signInPrefix: string | undefined;
  /** False in an account where API Gateway already has a role for its logs: there is one per account and region. */
  readonly apiLogRole: boolean;
  /** Hosts of model servers outside the public internet that may be called: `HOST[:PORT]`, separated by commas. */
  readonly allowUpstreams: string;
  /** Models, inference profiles and the like of Bedrock that the data plane may call by its own role: exactly these. */
  readonly bedrockModelArns: readonly string[];
  /** Host names of one's own with their certificates: both or neither. The API's certificate is the region's, the dashboard's must lie in us-east-1. */
  readonly apiDomain: string | undefined;
  readonly apiCertificateArn: string | undefined;
  readonly dashboardDomain: string | undefined;
  readonly dashboardCertificateArn: string | undefined;
  /** What runs the data plane: a function per request behind API Gateway, or an HTTP server of many requests at once. */
  readonly compute: 'function' | 'web';
  /** A firewall before all APIs, with the requests that one address may make in five minutes. */
  readonly waf: boolean;
  readonly wafRequestsPer5Minutes: number;
  /** A web ACL for CloudFront, which must lie in us-east-1 and so cannot be made by this stack. */
  readonly dashboardWafArn: string | undefined;
  /** A list of what a removed stack has left: takes that over before the deployment. Only of use to `npm run deploy`. */
  readonly adopt: string | undefined;
  /** Folder with one bundle folder per function. */
  readonly bundles: string;
  /** Folder of the built dashboard. */
  readonly dashboard: string;
}

const MACHINE_ROLES = ['viewer', 'member', 'admin'] as const;
/** Never owner: only people own a tenant. */
export type MachineRole = (typeof MACHINE_ROLES)[number];

const EMAIL = /^[^\s@,;<>"]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/;
const HOST = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;
const CERTIFICATE = /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/;
/** No wildcard: a right is on what was named. A foundation model has no account, and one of a global profile no region. */
const BEDROCK = /^arn:aws[a-z-]*:bedrock:[a-z0-9-]{0,30}:(?:\d{12})?:(?:foundation-model|inference-profile|application-inference-profile|provisioned-model|imported-model|custom-model-deployment)\/[\w.:-]{1,200}$/;
/** The periods that CloudWatch Logs knows. */
const LOG_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

const whole = (least: number, most: number) => (text: string): number | undefined =>
  (/^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined);

/** Every one of a list separated by commas, each once; undefined when one of them is not of the pattern. */
const listed = (pattern: RegExp) => (text: string): readonly string[] | undefined => {
  const all = text.split(',').map((each) => each.trim());
  return all.every((each) => pattern.test(each)) ? [...new Set(all)] : undefined;
};

const OPTIONS: { readonly [Name in keyof GatewayOptions]: Option<GatewayOptions[Name]> } = {
  ownerEmail: optional('an e-mail address such as owner@example.com', matching(EMAIL)),
  alarmEmail: optional('an e-mail address such as oncall@example.com', matching(EMAIL)),
  machineRole: { accepts: 'viewer, member or admin', fallback: 'admin', read: (text) => MACHINE_ROLES.find((role) => role === text) },
  ...FEDERATION_OPTIONS,
  stackName: { accepts: '1 to 64 letters, digits and hyphens, beginning with a letter', fallback: 'BSGateway', read: matching(/^[A-Za-z][A-Za-z0-9-]{0,63}$/) },
  retain: { accepts: 'true or false', fallback: true, read: flag },
  logRetentionDays: { accepts: `one of ${LOG_DAYS.join(', ')}`, fallback: 30, read: (text) => LOG_DAYS.find((days) => String(days) === text) },
  archiveLockDays: { accepts: 'a whole number from 400 to 36500', fallback: 400, read: whole(400, 36_500) },
  throttleRps: { accepts: 'a whole number from 1 to 10000', fallback: 500, read: whole(1, 10_000) },
  throttleBurst: { accepts: 'a whole number from 1 to 5000', fallback: 1000, read: whole(1, 5000) },
  gatewayMemoryMb: { accepts: 'a whole number from 256 to 10240', fallback: 1024, read: whole(256, 10_240) },
  reservedConcurrency: optional('a whole number from 1 to 10000', whole(1, 10_000)),
  signInPrefix: optional('1 to 63 lower-case letters, digits and inner hyphens, without the words aws, amazon and cognito',
    matching(/^(?!.*(?:aws|amazon|cognito))[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/)),
  apiLogRole: { accepts: 'true or false', fallback: true, read: flag },
  allowUpstreams: { accepts: 'HOST[:PORT] or several of them, separated by commas', fallback: '', read: matching(/^[A-Za-z0-9.-]{1,253}(?::\d{1,5})?(?:,[A-Za-z0-9.-]{1,253}(?::\d{1,5})?)*$/) },
  bedrockModelArns: { accepts: 'the ARN of a model or inference profile of Bedrock without wildcards, or several of them, separated by commas', fallback: [], read: listed(BEDROCK) },
  apiDomain: optional('a host name such as llm.example.com', matching(HOST)),
  apiCertificateArn: optional('the ARN of a certificate', matching(CERTIFICATE)),
  dashboardDomain: optional('a host name such as llm.example.com', matching(HOST)),
  dashboardCertificateArn: optional('the ARN of a certificate in us-east-1', (text) => (text.includes(':us-east-1:') ? matching(CERTIFICATE)(text) : undefined)),
  compute: { accepts: 'function or web', fallback: 'function', read: (text) => (['function', 'web'] as const).find((each) => each === text) },
  waf: { accepts: 'true or false', fallback: false, read: flag },
  wafRequestsPer5Minutes: { accepts: 'a whole number from 100 to 20000000', fallback: 10_000, read: whole(100, 20_000_000) },
  dashboardWafArn: optional('the ARN of a global web ACL in us-east-1', matching(/^arn:aws[a-z-]*:wafv2:us-east-1:\d{12}:global\/webacl\/[\w-]+\/[\w-]+$/)),
  adopt: optional('the path of a file that lists what a removed stack has left', matching(/^[^\0\n]{1,500}$/)),
  bundles: { accepts: 'the path of a folder', fallback: 'dist/lambda', read: matching(/^[^\0\n]{1,500}$/) },
  dashboard: { accepts: 'the path of a folder', fallback: 'dist/dashboard', read: matching(/^[^\0\n]{1,500}$/) },
};

const NAMES = Object.keys(OPTIONS) as (keyof GatewayOptions)[];

/**
 * The options in a CDK context, complete with defaults. Throws `OptionError` for a value that is not accepted and for a
 * plain name that is no option, so that a misspelled one is not silently ignored. Names with other characters
 * (`aws:cdk:…`, `@aws-cdk/…`) are CDK's own.
 */
export function readOptions(context: Readonly<Record<string, unknown>>): GatewayOptions {
  for (const name of Object.keys(context)) {
    if (/^\w+$/.test(name) && !Object.hasOwn(OPTIONS, name)) {
      throw new OptionError(`There is no option ${name}: accepted are ${NAMES.join(', ')}.`);
    }
  }
  const values = NAMES.map((name) => [name, readOption(name, OPTIONS[name], context[name])] as const);
  const options = Object.fromEntries(values) as unknown as GatewayOptions;
  for (const [name, other] of PAIRS) {
    if ((options[name] === undefined) !== (options[other] === undefined)) throw new OptionError(`Options ${name} and ${other} go together: give both or neither.`);
  }
  if (options.adopt !== undefined && !options.retain) throw new OptionError('Option adopt takes over what is to be kept: leave out retain=false.');
  if (options.compute === 'web' && options.apiDomain !== undefined) throw new OptionError('Option compute=web has an address of its own: leave out apiDomain and apiCertificateArn.');
  return options;
}

const PAIRS = [['apiDomain', 'apiCertificateArn'], ['dashboardDomain', 'dashboardCertificateArn']] as const satisfies readonly (readonly [keyof GatewayOptions, keyof GatewayOptions])[];

function readOption(name: string, option: Option<unknown>, value: unknown): unknown {
  if (value === undefined) return option.fallback;
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  const read = typeof text === 'string' ? option.read(text.trim()) : undefined;
  if (read === undefined) throw new OptionError(`Option ${name} accepts ${option.accepts}, not ${JSON.stringify(value)?.slice(0, 100)}.`);
  return read;
}
