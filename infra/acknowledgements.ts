import { Validations, type CfnElement } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { GatewayOptions } from './options.ts';
import type { GatewayStack } from './gateway-stack.ts';

export interface Acknowledgement {
  readonly rule: string;
  /** Why the finding stands, in at least 20 characters. */
  readonly reason: string;
}

const VIRTUAL_KEY = 'Callers of the data plane present a virtual key, which the function checks before anything else; a pool of people cannot sign them in.';
const PUBLIC_DOCUMENT = 'The description of the API holds no data of any tenant and is public by contract.';
const SIGN_IN = 'People come here to sign in and have no token yet; the function checks state, cookie, code and client secret itself.';
const WAF = 'A web ACL costs a fixed sum per month and per rule; stage throttles and limits per key bound abuse, and the operator may add one.';
const LOG_ROLE = 'The account-wide role for the logs of API Gateway exists once per account, and this managed policy is the one that the service documents for it.';

const OBJECTS = 'Objects have names of their own: the right is one action on the objects of one bucket.';
const LIST_STREAMS = 'Lambda lists streams before it reads one, and the service knows no narrower resource for this; it reveals names of streams alone.';

/** What the checks find and we accept, each on the one construct that it is about. */
export function acknowledgeFindings(stack: GatewayStack, { waf, dashboardWafArn, dashboardDomain }: Pick<GatewayOptions, 'waf' | 'dashboardWafArn' | 'dashboardDomain'>): void {
  const on = (construct: IConstruct | undefined, ...list: readonly Acknowledgement[]) => {
    if (construct !== undefined) for (const each of list) acknowledge(construct, each);
  };
  on(stack.dataApi.method, { rule: 'APIG4', reason: VIRTUAL_KEY }, { rule: 'COG4', reason: VIRTUAL_KEY });
  on(stack.publicMethod, { rule: 'APIG4', reason: PUBLIC_DOCUMENT }, { rule: 'COG4', reason: PUBLIC_DOCUMENT });
  if (!waf) for (const api of [stack.dataApi.api, stack.adminApi.api, stack.bridge?.api]) on(api?.deploymentStage, { rule: 'APIG3', reason: WAF });
  on(stack.dataApi.api.node.tryFindChild('CloudWatchRole'), {
    rule: 'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]', reason: LOG_ROLE,
  });
  on(stack.bridge?.method, { rule: 'APIG4', reason: SIGN_IN }, { rule: 'COG4', reason: SIGN_IN });
  on(stack.bridge?.credential, {
    rule: 'SMG4', reason: 'The user pool reads this secret only while the stack is deployed, so a rotation by itself would end signing in; docs/sign-in.md says how to change it.',
  });
  on(stack.identity.pool, {
    rule: 'COG8', reason: 'Threat protection needs the plus plan, which costs per active user; a second factor is required of everybody instead.',
  });
  on(stack.failures, {
    rule: 'SQS3', reason: 'This queue is itself where failed runs of the jobs end: timers and functions name it as their destination.',
  });
  on(stack.archiveAudit.role, { rule: `IAM5[Resource::<${idOf(stack, stack.archive.bucket)}.Arn>/*]`, reason: OBJECTS });
  on(stack.files.publisher.role, { rule: `IAM5[Resource::<${idOf(stack, stack.site.bucket)}.Arn>/*]`, reason: OBJECTS });
  on(stack.watchAudit.role, { rule: 'IAM5[Resource::*]', reason: LIST_STREAMS });
  acknowledgeCodeCopy(stack, on);
  on(stack.site.distribution,
    { rule: 'CFR1', reason: 'Operators work from wherever they are; the pages hold no data, and the API asks for a token.' },
    ...(dashboardWafArn === undefined ? [{ rule: 'CFR2', reason: WAF }] : []),
    ...(dashboardDomain === undefined ? [{ rule: 'CFR4', reason: 'The certificate of cloudfront.net comes with this minimum; a domain of one\'s own brings TLS 1.2 of 2021.' }] : []));
}

const COPY = 'CDK\'s own function that copies the server\'s code into its bucket during a deployment; it has no part in serving and is in stacks with compute=web only.';

/** With compute=web: what CDK adds by itself to bring the code where the service reads it. */
function acknowledgeCodeCopy(stack: GatewayStack, on: (construct: IConstruct | undefined, ...list: readonly Acknowledgement[]) => void): void {
  if (stack.web === undefined) return;
  const bucket = stack.node.findChild('AWSCDKWebFunctionAssetBucket');
  const copier = stack.node.children.find(({ node }) => node.id.startsWith('Custom::S3ObjectCopy'));
  const role = copier?.node.tryFindChild('ServiceRole');
  on(bucket, { rule: 'S1', reason: 'It holds the server\'s code, which only the service itself reads.' });
  on(role, { rule: 'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]', reason: COPY });
  for (const what of ['Action::s3:Abort*', 'Action::s3:DeleteObject*', `Resource::<${idOf(stack, bucket)}.Arn>/web-function/*`, 'Resource::arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>/*']) {
    on(role?.node.tryFindChild('DefaultPolicy'), { rule: `IAM5[${what}]`, reason: COPY });
  }
}

const idOf = (stack: GatewayStack, construct: IConstruct): string => stack.getLogicalId(construct.node.defaultChild as CfnElement);

function acknowledge(construct: IConstruct, { rule, reason }: Acknowledgement): void {
  if (reason.length < 20) throw new Error(`the acknowledgement of ${rule} needs a reason`);
  Validations.of(construct).acknowledge({ id: `AwsSolutions-${rule}`, reason });
}
