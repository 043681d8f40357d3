/** Names under which providers give the id of their own request: OpenAI and most others, Anthropic, Azure, Amazon. */
const REQUEST_IDS = ['x-request-id', 'request-id', 'apim-request-id', 'x-amzn-requestid'] as const;
const PLAIN_ID = /^[A-Za-z0-9_.:-]{1,128}$/;

/** The provider's own id of a request, for its support; undefined when it gave none, or one that is no plain id. */
export function upstreamRequestId(headers: Readonly<Record<string, string>>): string | undefined {
  return REQUEST_IDS.map((name) => headers[name]).find((id) => id !== undefined && PLAIN_ID.test(id));
}

const PASSED = /^anthropic-ratelimit-unified(?:-[a-z0-9-]{1,40})?$/;
const PLAIN_VALUE = /^[\x20-\x7e]{1,128}$/;
const MAX_PASSED = 32;

/**
 * What an Anthropic caller is told of an Anthropic upstream's limits: the `unified` headers, which coding agents show and wait by
 * (D109). All other limits of the upstream are the operator's own business. Undefined when there is none.
 */
export function passedLimits(headers: Readonly<Record<string, string>>): Record<string, string> | undefined {
  const passed = Object.entries(headers).filter(([name, value]) => PASSED.test(name) && PLAIN_VALUE.test(value)).slice(0, MAX_PASSED);
  return passed.length === 0 ? undefined : Object.fromEntries(passed);
}
