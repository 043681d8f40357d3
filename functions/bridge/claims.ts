import type { Grant } from '../adapters/store/sign-ins.ts';

/** What is told of a person: what the scopes cover. */
export function personClaims({ person: { sub, email, emailVerified, name }, scopes }: Grant): Record<string, string | boolean> {
  return {
    sub,
    ...(scopes.includes('email') && { email, email_verified: emailVerified }),
    ...(scopes.includes('profile') && name !== undefined && { name }),
  };
}
