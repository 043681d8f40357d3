import { Duration } from 'aws-cdk-lib';
import { EndpointType, LambdaIntegration, RequestValidator, ResponseTransferMode, RestApi, type Method } from 'aws-cdk-lib/aws-apigateway';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { apiStage, type ApiStageProps } from './api-stage.ts';
import { dataPlaneResponses } from './gateway-responses.ts';

export interface StreamingApiProps extends ApiStageProps {
  readonly handler: IFunction;
  /** Whether this API makes the account's role for API Gateway's logs. */
  readonly apiLogRole: boolean;
}

/**
 * The data plane's door: every path and method goes to one function, whose answer is relayed as it is written, for at
 * most 15 minutes. Regional, because a stream may then be silent for 5 minutes instead of 30 seconds.
 */
export class StreamingApi extends Construct {
  readonly api: RestApi;
  readonly method: Method;
  /** What clients use as their base URL. */
  readonly baseUrl: string;

  constructor(scope: Construct, id: string, props: StreamingApiProps) {
    super(scope, id);
    this.api = new RestApi(this, 'Api', {
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
    this.baseUrl = `${this.api.url}v1`;
    dataPlaneResponses(this.api);
  }
}
