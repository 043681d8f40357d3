import { Duration, RemovalPolicy, Stack, type SecretValue } from 'aws-cdk-lib';
import { EndpointType, LambdaIntegration, RequestValidator, ResponseTransferMode, RestApi, type Method } from 'aws-cdk-lib/aws-apigateway';
import { ArnPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { BridgeFederation } from '../federation.ts';
import { apiStage, type ApiStageProps } from './api-stage.ts';
import { NodeFunction } from './node-function.ts';
import type { Tables } from './tables.ts';
import { careStatement } from './vault-key.ts';

export interface BridgeProps extends ApiStageProps {
  readonly federation: BridgeFederation;
  readonly tables: Tables;
  /** Scheme and host of the user pool's sign-in pages. */
  readonly signInOrigin: string;
  readonly bundles: string;
}

const CLIENT_ID = 'cognito';
/** People sign in rarely; whoever comes more often than this is no person. */
const THROTTLE = { throttleRps: 20, throttleBurst: 40 };
const SIGNING = { StringEquals: { 'kms:SigningAlgorithm': 'RSASSA_PKCS1_V1_5_SHA_256', 'kms:MessageType': 'DIGEST' } };

/**
 * An OpenID provider in front of a BSVibe that is none: a function behind an API of its own, a key that signs its ID
 * tokens and never leaves the key service, and the secret that it shares with the user pool.
 */
export class Bridge extends Construct {
  readonly handler: NodeFunction;
  readonly api: RestApi;
  readonly method: Method;
  readonly key: Key;
  readonly credential: Secret;
  readonly clientId = CLIENT_ID;
  /** Its address as an issuer. */
  readonly issuer: string;

  constructor(scope: Construct, id: string, props: BridgeProps) {
    super(scope, id);
    this.api = new RestApi(this, 'Api', {
      // Metrics are told apart by this name alone.
      restApiName: `${Stack.of(this).stackName}-sign-in`,
      description: 'BSGateway: sign-in bridge',
      endpointConfiguration: { types: [EndpointType.REGIONAL] },
      cloudWatchRole: false,
      deployOptions: apiStage(this, { ...props, ...THROTTLE }),
    });
    const { region, urlSuffix } = this.api.stack;
    // Without a reference to the stage, which would close a circle: the stage needs the function, which needs its address.
    this.issuer = `https://${this.api.restApiId}.execute-api.${region}.${urlSuffix}/prod`;
    this.key = this.signingKey(props.retain);
    this.credential = new Secret(this, 'Credential', {
      description: 'BSGateway: what the user pool shows to the sign-in bridge',
      generateSecretString: { passwordLength: 48, excludePunctuation: true },
      // Made anew with the stack, for the pool and the bridge at once.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.handler = this.makeHandler(props);
    this.grant(props.tables);
    this.method = this.addRoutes();
  }

  /** For the user pool: a reference that is resolved while the stack is deployed. */
  get clientSecret(): SecretValue {
    return this.credential.secretValue;
  }

  get endpoints(): Record<'authorization' | 'token' | 'userInfo' | 'jwksUri', string> {
    const { issuer } = this;
    return { authorization: `${issuer}/authorize`, token: `${issuer}/token`, userInfo: `${issuer}/userinfo`, jwksUri: `${issuer}/.well-known/jwks.json` };
  }

  private signingKey(retain: boolean): Key {
    return new Key(this, 'Key', {
      description: 'BSGateway: signs ID tokens of the sign-in bridge',
      keySpec: KeySpec.RSA_2048,
      keyUsage: KeyUsage.SIGN_VERIFY,
      pendingWindow: Duration.days(30),
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      policy: new PolicyDocument({ statements: [careStatement()] }),
    });
  }

  private makeHandler({ federation, tables, signInOrigin, bundles, logRetentionDays, retain }: BridgeProps): NodeFunction {
    return new NodeFunction(this, 'Handler', {
      bundles, logRetentionDays, retain, bundle: 'bridge', description: 'BSGateway: sign-in bridge', timeout: Duration.seconds(20), memoryMb: 512,
      environment: {
        ...tables.environment(),
        BSG_BRIDGE_ISSUER: this.issuer,
        BSG_BRIDGE_KEY_ID: this.key.keyArn,
        BSG_BRIDGE_CLIENT_ID: CLIENT_ID,
        BSG_BRIDGE_CREDENTIAL_ID: this.credential.secretArn,
        BSG_BRIDGE_RETURN_TO: `${signInOrigin}/oauth2/idpresponse`,
        BSG_BSVIBE_LOGIN: federation.loginUrl,
        BSG_BSVIBE_ISSUER: federation.issuer,
        BSG_BSVIBE_JWKS: federation.jwksUri,
        BSG_BSVIBE_VERIFIES_EMAIL: String(federation.verifiesEmail),
      },
    });
  }

  /** Sign and show its own key, read its own credential, keep its own sign-ins: nothing of any tenant. */
  private grant(tables: Tables): void {
    const { role } = this.handler;
    const rights = [{ sid: 'Sign', actions: ['kms:Sign'], conditions: SIGNING }, { sid: 'Show', actions: ['kms:GetPublicKey'] }];
    for (const { sid, ...right } of rights) {
      role.addToPrincipalPolicy(new PolicyStatement({ ...right, resources: [this.key.keyArn] }));
      this.key.addToResourcePolicy(new PolicyStatement({ ...right, sid, principals: [new ArnPrincipal(role.roleArn)], resources: ['*'] }));
    }
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [this.credential.secretArn] }));
    tables.allow(role, 'tenants', ['GetItem', 'PutItem', 'DeleteItem'], { partitions: ['BR#*'] });
    tables.denyChanges(role, 'models', 'rules', 'keys', 'usage');
    tables.denyRewritingHistory(role);
  }

  private addRoutes(): Method {
    const requestValidator = new RequestValidator(this, 'Validator', { restApi: this.api, validateRequestBody: true, validateRequestParameters: true });
    return this.api.root.addResource('{proxy+}').addMethod('ANY', new LambdaIntegration(this.handler.function, {
      // The door streams, as all doors do; what it answers here is small.
      responseTransferMode: ResponseTransferMode.STREAM,
      timeout: Duration.seconds(20),
      scopePermissionToMethod: false,
    }), { requestValidator, requestParameters: { 'method.request.path.proxy': true } });
  }
}
