import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
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

/** What the checks find and we accept, each on the one construct that it is about. */
export function acknowledgeFindings(stack: GatewayStack): void {
  const on = (construct: IConstruct | undefined, ...list: readonly Acknowledgement[]) => {
    if (construct !== undefined) for (const each of list) acknowledge(construct, each);
  };
  on(stack.dataApi.method, { rule: 'APIG4', reason: VIRTUAL_KEY }, { rule: 'COG4', reason: VIRTUAL_KEY });
  on(stack.publicMethod, { rule: 'APIG4', reason: PUBLIC_DOCUMENT }, { rule: 'COG4', reason: PUBLIC_DOCUMENT });
  on(stack.dataApi.api.deploymentStage, { rule: 'APIG3', reason: WAF });
  on(stack.adminApi.api.deploymentStage, { rule: 'APIG3', reason: WAF });
  on(stack.dataApi.api.node.tryFindChild('CloudWatchRole'), {
    rule: 'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]', reason: LOG_ROLE,
  });
  on(stack.bridge?.method, { rule: 'APIG4', reason: SIGN_IN }, { rule: 'COG4', reason: SIGN_IN });
  on(stack.bridge?.api.deploymentStage, { rule: 'APIG3', reason: WAF });
  on(stack.bridge?.credential, {
    rule: 'SMG4', reason: 'The user pool reads this secret only while the stack is deployed, so a rotation by itself would end signing in; docs/sign-in.md says how to change it.',
  });
  on(stack.identity.pool, {
    rule: 'COG8', reason: 'Threat protection needs the plus plan, which costs per active user; a second factor is required of everybody instead.',
  });
  on(stack.failures, {
    rule: 'SQS3', reason: 'This queue is itself where failed runs of the jobs end: timers and functions name it as their destination.',
  });
  on(stack.site.distribution,
    { rule: 'CFR1', reason: 'Operators work from wherever they are; the pages hold no data, and the API asks for a token.' },
    { rule: 'CFR2', reason: WAF },
    { rule: 'CFR4', reason: 'The certificate of cloudfront.net comes with this minimum; a domain of one\'s own brings TLS 1.2 of 2021.' });
}

function acknowledge(construct: IConstruct, { rule, reason }: Acknowledgement): void {
  if (reason.length < 20) throw new Error(`the acknowledgement of ${rule} needs a reason`);
  Validations.of(construct).acknowledge({ id: `AwsSolutions-${rule}`, reason });
}
