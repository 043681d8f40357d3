import { describe, expect, test } from '@jest/globals';
import { federationOf } from '../../infra/federation.ts';
import { OptionError, readOptions } from '../../infra/options.ts';

const ISSUER = 'https://auth.bsvibe.example/auth/v1';
const OIDC = { bsvibe: 'oidc', bsvibeIssuer: ISSUER, bsvibeClientId: 'client', bsvibeClientSecret: 'bsvibe/client' };
const BRIDGE = { bsvibe: 'bridge', bsvibeIssuer: ISSUER, bsvibeAuth: 'https://auth.bsvibe.example' };
const read = (context: Record<string, unknown>) => federationOf(readOptions(context));
const refusal = (context: Record<string, unknown>): string => {
  try {
    read(context);
  } catch (error) {
    expect(error).toBeInstanceOf(OptionError);
    return (error as Error).message;
  }
  return 'accepted';
};

describe('options of signing in with BSVibe', () => {
  test('none are needed without BSVibe, few with it', () => {
    expect(read({})).toBeUndefined();
    expect(read(OIDC)).toEqual({
      kind: 'oidc', label: 'BSVibe', issuer: ISSUER, clientId: 'client', clientSecret: 'bsvibe/client', endpoints: undefined, scopes: ['openid', 'email', 'profile'],
      attributes: { email: 'email', email_verified: 'email_verified', name: 'name' },
    });
    expect(read(BRIDGE)).toEqual({ kind: 'bridge', label: 'BSVibe', issuer: ISSUER, loginUrl: 'https://auth.bsvibe.example/login', jwksUri: `${ISSUER}/.well-known/jwks.json`, verifiesEmail: false });
  });

  test('endpoints, scopes, attributes and the label can be said', () => {
    expect(read({
      ...OIDC, bsvibeEndpoints: ['a', 't', 'u', 'k'].map((path) => `https://b.example/${path}`).join(','), bsvibeScopes: 'openid mail', bsvibeAttributes: 'email=mail', bsvibeLabel: 'Acme-ID',
    })).toMatchObject({
      label: 'Acme-ID', scopes: ['openid', 'mail'], attributes: { email: 'mail' },
      endpoints: { authorization: 'https://b.example/a', token: 'https://b.example/t', userInfo: 'https://b.example/u', jwksUri: 'https://b.example/k' },
    });
  });

  const REFUSED = [
    ['bsvibe', 'yes'], ['bsvibeLabel', 'a'], ['bsvibeLabel', 'with blank'], ['bsvibeLabel', 'Cognito'], ['bsvibeIssuer', 'http://auth.example'], ['bsvibeIssuer', 'https://auth.example/'],
    ['bsvibeIssuer', 'https://user@auth.example'], ['bsvibeIssuer', 'https://auth.example/?x'], ['bsvibeAuth', 'auth.example'], ['bsvibeAuth', 'https://auth.example/#x'], ['bsvibeJwks', ''],
    ['bsvibeClientId', 'a b'], ['bsvibeClientSecret', 'name with blank'], ['bsvibeEndpoints', 'https://a.example,https://b.example'], ['bsvibeEndpoints', 'http://a.example,https://b.example,https://c.example,https://d.example'],
    ['bsvibeScopes', 'email'], ['bsvibeScopes', ''], ['bsvibeAttributes', 'name=name'], ['bsvibeAttributes', 'email=a,email=b'], ['bsvibeAttributes', 'email=email,role=role'], ['bsvibeVerifiesEmail', 'perhaps'],
  ] as const;

  test('every option is tried with a wrong value', () => {
    const tried = new Set<string>(REFUSED.map(([name]) => name));
    expect(Object.keys(readOptions({})).filter((name) => name.startsWith('bsvibe') && !tried.has(name))).toEqual([]);
  });

  test.each(REFUSED)('%s refuses %j in one sentence that says what is accepted', (name, value) => {
    expect(refusal({ [name]: value })).toMatch(new RegExp(`^Option ${name} accepts [^\n]+, not [^\n]*\\.$`));
  });

  test.each([
    [{ bsvibe: 'oidc' }, /^Option bsvibeIssuer is needed with bsvibe=oidc and accepts [^\n]+\.$/],
    [{ ...OIDC, bsvibeClientId: undefined }, /^Option bsvibeClientId is needed with bsvibe=oidc /],
    [{ ...OIDC, bsvibeClientSecret: undefined }, /^Option bsvibeClientSecret is needed with bsvibe=oidc /],
    [{ bsvibe: 'bridge', bsvibeIssuer: ISSUER }, /^Option bsvibeAuth is needed with bsvibe=bridge /],
    [{ ...BRIDGE, bsvibeClientId: 'x' }, /^Option bsvibeClientId has a meaning only with bsvibe=oidc, which is bridge\.$/],
    [{ ...OIDC, bsvibeVerifiesEmail: 'true' }, /^Option bsvibeVerifiesEmail has a meaning only with bsvibe=bridge, which is oidc\.$/],
    [{ bsvibeAuth: 'https://auth.example' }, /^Option bsvibeAuth has a meaning only with bsvibe=bridge, which is none\.$/],
    [{ bsvibeIssuer: ISSUER }, /^Option bsvibeIssuer has a meaning only with bsvibe=oidc or bsvibe=bridge, which is none\.$/],
  ])('%j is refused in one sentence', (context, sentence) => {
    expect(refusal(context)).toMatch(sentence);
  });
});
