import { readTokens } from '../auth/tokens.ts';
import { currentTenant } from './tenant.ts';

/** Relative ranges of what is asked early end here. */
export const BEGAN_MS = Date.now();

/** Answers under way, by path and query; each is taken once. A request that failed is as if it had not been made. */
const asked = new Map<string, Promise<Response | undefined>>();

/**
 * Asks the admin API at these addresses before the program has come that will. Nothing where there is no session or its
 * token is over. `more` says what else to ask once the first is answered; whoever takes that answer finds the rest asked.
 */
export function askEarly(apiBaseUrl: string, addresses: readonly string[], more?: (answer: Response) => Promise<readonly string[]>): void {
  const tokens = readTokens();
  if (tokens === undefined || tokens.expiresAt <= Date.now()) return;
  const tenant = currentTenant();
  const headers = { authorization: `Bearer ${tokens.access}`, ...(tenant !== null && { 'x-bsg-tenant': tenant }) };
  const send = (address: string): Promise<Response | undefined> => fetch(`${apiBaseUrl}${address}`, { headers, cache: 'no-store' }).catch(() => undefined);
  const [first, ...others] = addresses;
  if (first !== undefined) asked.set(first, more === undefined ? send(first) : followed(send(first)));
  for (const address of others) asked.set(address, send(address));

  async function followed(answer: Promise<Response | undefined>): Promise<Response | undefined> {
    const response = await answer;
    if (response?.ok === true) for (const address of await more?.(response.clone()).catch(() => []) ?? []) asked.set(address, send(address));
    return response;
  }
}

/** The answer to what was asked early at this address, or undefined. */
export function takeEarly(address: string): Promise<Response | undefined> | undefined {
  const answer = asked.get(address);
  asked.delete(address);
  return answer;
}

/** The address as of the moment that the page began, where it was asked early and nobody took the answer yet; else as of now. */
export function asAskedEarly(addressAt: (nowMs: number) => string): string {
  const early = addressAt(BEGAN_MS);
  return asked.has(early) ? early : addressAt(Date.now());
}
