import { Duration, Stack } from 'aws-cdk-lib';
import { EndpointType, LambdaIntegration, RequestValidator, ResponseTransferMode, RestApi, SecurityPolicy, type Method } from 'aws-cdk-lib/aws-apigateway';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { apiStage, type ApiStageProps } from './api-stage.ts';
import { dataPlaneResponses } from './gateway-responses.ts';

export interface StreamingApiProps extends ApiStageProps {
  readonly handler: IFunction;
  /** Whether this API makes the account's role for API Gateway's logs. */
  readonly apiLogRole: boolean;
  readonly domain: Domain | undefined;
}

/** A host name of the operator's own, with the ARN of its certificate. */
export interface Domain { readonly name: string; readonly certificateArn: string }

/**
 * The data plane's door: every path and method goes to one function, whose answer is relayed as it is written, for at
 * most 15 minutes. Regional, because a stream may then be silent for 5 minutes instead of 30 seconds.
 */
export class StreamingApi extends Construct {
  readonly api: RestApi;
  readonly method: Method;
  /** What clients use as their base URL. */
  readonly baseUrl: string;
  /** What the own host name must point to; undefined without one. */
  readonly pointTo: string | undefined;

  constructor(scope: Construct, id: string, props: StreamingApiProps) {
    super(scope, id);
    this.api = new RestApi(this, 'Api', {
      // Metrics are told apart by this name alone.
      restApiName: `${Stack.of(this).stackName}-data`,
      description: 'BSGateway: inference',
      endpointConfiguration: { types: [EndpointType.REGIONAL] },
      // Bodies arrive byte for byte.
      binaryMediaTypes: ['*/*'],
      cloudWatchRole: props.apiLogRole,
      deployOptions: apiStage(this, props),
    });
    const requestValidator = new RequestValidator(this, 'Validator', { restApi: this.api, validateRequestBody: true, validateRequestParameters: true });
    this.method = this.api.root.addResource('{proxy+}').addMethod('ANY', new LambdaIntegration(props.handler, {
      responseTransferMode: ResponseTransferMode.STREAM,
      timeout: Duration.minutes(15),
      // One permission for the API: one per method soon exceeds a function policy's 20 KB.
      scopePermissionToMethod: false,
    }), { requestValidator, requestParameters: { 'method.request.path.proxy': true } });
    const { domain } = props;
    this.pointTo = domain && this.api.addDomainName('Domain', {
      domainName: domain.name, certificate: Certificate.fromCertificateArn(this, 'Certificate', domain.certificateArn), endpointType: EndpointType.REGIONAL, securityPolicy: SecurityPolicy.TLS_1_2,
    }).domainNameAliasDomainName;
    this.baseUrl = domain === undefined ? `${this.api.url}v1` : `https://${domain.name}/v1`;
    dataPlaneResponses(this.api);
  }
}
