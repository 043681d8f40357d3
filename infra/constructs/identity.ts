import { Duration, RemovalPolicy, type CfnCondition, type SecretValue } from 'aws-cdk-lib';
import {
  AccountRecovery, CfnManagedLoginBranding, CfnUserPoolUser, ClientAttributes, FeaturePlan, ManagedLoginVersion, Mfa, OAuthScope,
  OidcAttributeRequestMethod, ProviderAttribute, ResourceServerScope, UserPool, UserPoolClient, UserPoolClientIdentityProvider, UserPoolDomain,
  UserPoolIdentityProviderOidc, UserPoolResourceServer, type AttributeMapping, type OidcEndpoints,
} from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';

/** An OpenID provider at which people sign in. */
export interface Provider {
  readonly label: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: SecretValue;
  /** Undefined: the pool reads the issuer's discovery document. */
  readonly endpoints: OidcEndpoints | undefined;
  readonly scopes: readonly string[];
  /** `email`, `email_verified`, `name` → the provider's claim. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface IdentityProps {
  /** Scheme and host of the dashboard. */
  readonly dashboardOrigin: string;
  /** Gets an invitation by e-mail when the stack is made. */
  readonly ownerEmail: string;
  /** Whether the owner is to be made a user of the pool. */
  readonly inviteOwner: CfnCondition;
  readonly signInPrefix: string;
  readonly retain: boolean;
  /** Beside the pool's own sign-in. */
  readonly provider?: Provider | undefined;
}

const SCOPE_NAME = 'admin';
const RESOURCE_SERVER = 'bsgateway';

/**
 * Who people are, and nothing about what they may do: roles and tenants are our own records. Access tokens live 15
 * minutes and carry the scope that the admin API asks for; no token of this pool may change a profile.
 */
export class Identity extends Construct {
  readonly pool: UserPool;
  /** The dashboard: a public client with code and PKCE. */
  readonly dashboard: UserPoolClient;
  /** Programs: client credentials. */
  readonly machines: UserPoolClient;
  readonly scope = `${RESOURCE_SERVER}/${SCOPE_NAME}`;

  constructor(scope: Construct, id: string, props: IdentityProps) {
    super(scope, id);
    this.pool = makeUserPool(this, props.retain);
    const domain = new UserPoolDomain(this, 'Domain', {
      userPool: this.pool, cognitoDomain: { domainPrefix: props.signInPrefix }, managedLoginVersion: ManagedLoginVersion.NEWER_MANAGED_LOGIN,
    });
    const adminScope = new ResourceServerScope({ scopeName: SCOPE_NAME, scopeDescription: 'Use the admin API' });
    const server = new UserPoolResourceServer(this, 'Api', { userPool: this.pool, identifier: RESOURCE_SERVER, scopes: [adminScope] });
    const admin = OAuthScope.resourceServer(server, adminScope);
    this.dashboard = this.dashboardClient(props.dashboardOrigin, admin, props.provider);
    // A client can name a provider only once it exists.
    if (props.provider !== undefined) this.dashboard.node.addDependency(this.oidcProvider(props.provider));
    this.machines = new UserPoolClient(this, 'Machines', {
      userPool: this.pool, generateSecret: true, accessTokenValidity: Duration.minutes(15), enableTokenRevocation: true, ...PROFILE,
      oAuth: { flows: { clientCredentials: true }, scopes: [admin] }, authFlows: NO_DIRECT_SIGN_IN,
    });
    // Without a style of its own, the sign-in page of a client answers with an error.
    const branding = new CfnManagedLoginBranding(this, 'Branding', {
      userPoolId: this.pool.userPoolId, clientId: this.dashboard.userPoolClientId, useCognitoProvidedValues: true,
    });
    branding.node.addDependency(domain);
    const owner = new CfnUserPoolUser(this, 'Owner', {
      userPoolId: this.pool.userPoolId, username: props.ownerEmail, desiredDeliveryMediums: ['EMAIL'],
      userAttributes: [{ name: 'email', value: props.ownerEmail }, { name: 'email_verified', value: 'true' }],
    });
    // A pool that was adopted has its owner already.
    owner.cfnOptions.condition = props.inviteOwner;
    owner.applyRemovalPolicy(props.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY);
  }

  private oidcProvider({ label, issuer, clientId, clientSecret, endpoints, scopes, attributes }: Provider): UserPoolIdentityProviderOidc {
    return new UserPoolIdentityProviderOidc(this, 'Provider', {
      userPool: this.pool, name: label, issuerUrl: issuer, clientId,
      // The reference to the secret, not the secret: it is resolved while the stack is deployed.
      clientSecret: clientSecret.unsafeUnwrap(),
      ...(endpoints && { endpoints }),
      attributeRequestMethod: OidcAttributeRequestMethod.GET, scopes: [...scopes], attributeMapping: mappingOf(attributes),
    });
  }

  private dashboardClient(origin: string, admin: OAuthScope, provider: Provider | undefined): UserPoolClient {
    return new UserPoolClient(this, 'Dashboard', {
      userPool: this.pool,
      generateSecret: false,
      supportedIdentityProviders: [UserPoolClientIdentityProvider.COGNITO, ...(provider === undefined ? [] : [UserPoolClientIdentityProvider.custom(provider.label)])],
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [OAuthScope.OPENID, OAuthScope.EMAIL, admin],
        callbackUrls: [`${origin}/callback`],
        logoutUrls: [`${origin}/`],
      },
      authFlows: NO_DIRECT_SIGN_IN,
      ...PROFILE,
      accessTokenValidity: Duration.minutes(15),
      idTokenValidity: Duration.minutes(15),
      refreshTokenValidity: Duration.hours(12),
      authSessionValidity: Duration.minutes(5),
      enableTokenRevocation: true,
      preventUserExistenceErrors: true,
    });
  }
}

function mappingOf({ email, email_verified: emailVerified, name }: Readonly<Record<string, string>>): AttributeMapping {
  const from = (claim: string | undefined) => (claim === undefined ? undefined : ProviderAttribute.other(claim));
  const mapping = { email: from(email), emailVerified: from(emailVerified), fullname: from(name) };
  return Object.fromEntries(Object.entries(mapping).filter(([, claim]) => claim !== undefined)) as AttributeMapping;
}

/** Left out, Cognito would also allow signing in without its pages, which yields tokens that may edit the profile. */
const NO_DIRECT_SIGN_IN = { userSrp: false };

/** An identity provider can fill in only what its client may write. */
const PROFILE = {
  readAttributes: new ClientAttributes().withStandardAttributes({ email: true, emailVerified: true, fullname: true }),
  writeAttributes: new ClientAttributes().withStandardAttributes({ email: true, fullname: true }),
};

/** The pool alone: nobody signs up, everybody has a second factor. */
export function makeUserPool(scope: Construct, retain: boolean): UserPool {
  return new UserPool(scope, 'Pool', {
    selfSignUpEnabled: false,
    signInAliases: { email: true },
    signInCaseSensitive: false,
    autoVerify: { email: true },
    standardAttributes: { email: { required: true, mutable: true } },
    // A changed address counts only once it was verified, so nobody becomes the owner by claiming that address.
    keepOriginal: { email: true },
    mfa: Mfa.REQUIRED,
    mfaSecondFactor: { otp: true, sms: false },
    accountRecovery: AccountRecovery.EMAIL_ONLY,
    passwordPolicy: { minLength: 14, requireDigits: true, requireLowercase: true, requireUppercase: true, requireSymbols: true, tempPasswordValidity: Duration.days(3) },
    featurePlan: FeaturePlan.ESSENTIALS,
    deletionProtection: retain,
    removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
}
