import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';

export interface WebAclProps {
  readonly apis: readonly RestApi[];
  /** Requests of one address in five minutes, over all of them; more are answered 403 until it calms down. */
  readonly requestsPer5Minutes: number;
}

/**
 * A firewall before the APIs: a bound per address and the addresses that AWS knows for abuse. No rule looks at bodies:
 * prompts are full of what such rules take for attacks.
 */
export class WebAcl extends Construct {
  constructor(scope: Construct, id: string, { apis, requestsPer5Minutes }: WebAclProps) {
    super(scope, id);
    const seen = (metricName: string) => ({ cloudWatchMetricsEnabled: true, metricName, sampledRequestsEnabled: false });
    const acl = new CfnWebACL(this, 'Acl', {
      scope: 'REGIONAL', description: 'BSGateway', defaultAction: { allow: {} }, visibilityConfig: seen('BSGateway'),
      rules: [
        { name: 'Rate', priority: 0, action: { block: {} }, visibilityConfig: seen('Rate'), statement: { rateBasedStatement: { aggregateKeyType: 'IP', evaluationWindowSec: 300, limit: requestsPer5Minutes } } },
        { name: 'Reputation', priority: 1, overrideAction: { none: {} }, visibilityConfig: seen('Reputation'), statement: { managedRuleGroupStatement: { vendorName: 'AWS', name: 'AWSManagedRulesAmazonIpReputationList' } } },
      ],
    });
    apis.forEach((api, at) => new CfnWebACLAssociation(this, `Api${at}`, { resourceArn: api.deploymentStage.stageArn, webAclArn: acl.attrArn }));
  }
}
