import { Duration, Stack } from 'aws-cdk-lib';
import {
  AuthorizationType, CognitoUserPoolsAuthorizer, EndpointType, LambdaIntegration, RequestValidator, ResponseTransferMode, RestApi,
  type Method, type MethodOptions, type Resource,
} from 'aws-cdk-lib/aws-apigateway';
import type { IUserPool } from 'aws-cdk-lib/aws-cognito';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { apiStage, type ApiStageProps } from './api-stage.ts';
import { controlPlaneResponses } from './gateway-responses.ts';

export interface AdminApiProps extends ApiStageProps { readonly apiLogRole?: boolean }
export interface AdminRoutes {
  readonly handler: IFunction;
  readonly pool: IUserPool;
  /** The scope that an access token must carry. */
  readonly scope: string;
  /** The one origin whose pages may call. */
  readonly dashboardOrigin: string;
}

/**
 * The control plane's door. Made in two steps: the dashboard's headers name this API's host, and its methods name the
 * dashboard's origin.
 */
export class AdminApi extends Construct {
  readonly api: RestApi;
  private readonly validator: RequestValidator;

  constructor(scope: Construct, id: string, props: AdminApiProps) {
    super(scope, id);
    this.api = new RestApi(this, 'Api', {
      // Metrics are told apart by this name alone.
      restApiName: `${Stack.of(this).stackName}-admin`,
      description: 'BSGateway: administration',
      endpointConfiguration: { types: [EndpointType.REGIONAL] },
      cloudWatchRole: false,
      deployOptions: apiStage(this, props),
    });
    this.validator = new RequestValidator(this, 'Validator', { restApi: this.api, validateRequestBody: true, validateRequestParameters: true });
  }

  /** Scheme and host, without a reference to the stage: that one would close a circle through the dashboard's headers. */
  get origin(): string {
    const { region, urlSuffix } = this.api.stack;
    return `https://${this.api.restApiId}.execute-api.${region}.${urlSuffix}`;
  }

  /**
   * Everything under `/admin` and `/metrics`, for access tokens with the scope: a method without scopes would take ID
   * tokens and refuse access tokens. Only the API's own description is public. Returns that public method.
   */
  addRoutes({ handler, pool, scope, dashboardOrigin }: AdminRoutes): Method {
    const integration = new LambdaIntegration(handler, { responseTransferMode: ResponseTransferMode.STREAM, timeout: Duration.minutes(5), scopePermissionToMethod: false });
    const authorizer = new CognitoUserPoolsAuthorizer(this, 'Authorizer', { cognitoUserPools: [pool], resultsCacheTtl: Duration.minutes(1) });
    const guarded: MethodOptions = {
      authorizer, authorizationType: AuthorizationType.COGNITO, authorizationScopes: [scope], requestValidator: this.validator,
    };
    const preflight = (resource: Resource) => resource.addCorsPreflight({
      allowOrigins: [dashboardOrigin],
      allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-match', 'x-bsg-tenant'],
      exposeHeaders: ['etag', 'retry-after', 'x-request-id', 'content-disposition'],
      maxAge: Duration.hours(1),
    });
    const admin = this.api.root.addResource('admin');
    const operations = admin.addResource('{proxy+}');
    operations.addMethod('ANY', integration, { ...guarded, requestParameters: { 'method.request.path.proxy': true } });
    preflight(operations);
    this.api.root.addResource('metrics').addMethod('GET', integration, guarded);
    controlPlaneResponses(this.api, dashboardOrigin);
    return admin.addResource('openapi.json').addMethod('GET', integration, { authorizationType: AuthorizationType.NONE, requestValidator: this.validator });
  }
}
