import { createHash, createHmac } from 'node:crypto';

export interface AwsCredentials { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }

/** A request as it will be sent. Every header given here is signed, so only those may stand here that nothing on the way changes. */
export interface SignableRequest {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case, without `host`, which is the URL's. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface Scope { readonly region: string; readonly service: string }

const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * The headers that sign a request by AWS Signature Version 4 (IAM user guide, "Create a signed AWS API request"):
 * `authorization`, `x-amz-date` and, with temporary credentials, `x-amz-security-token`. The path is encoded once more than it
 * stands in the URL, as every service but S3 wants it. A pure function of request, credentials and time (epoch milliseconds).
 */
export function signedHeaders(request: SignableRequest, credentials: AwsCredentials, scope: Scope, atMs: number): Record<string, string> {
  const date = new Date(atMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const added = { 'x-amz-date': date, ...(credentials.sessionToken !== undefined && { 'x-amz-security-token': credentials.sessionToken }) };
  const names: string[] = [];
  let lines = '';
  const headers: Record<string, string> = { ...request.headers, host: request.url.host, ...added };
  for (const name of Object.keys(headers).sort()) {
    names.push(name);
    lines += `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`;
  }
  const canonical = [request.method, canonicalPath(request.url.pathname), canonicalQuery(request.url.search), lines, names.join(';'), sha256(request.body)].join('\n');
  const credentialScope = `${date.slice(0, 8)}/${scope.region}/${scope.service}/aws4_request`;
  const signature = hmac(signingKey(credentials.secretAccessKey, date.slice(0, 8), scope), [ALGORITHM, date, credentialScope, sha256(canonical)].join('\n')).toString('hex');
  return { ...added, authorization: `${ALGORITHM} Credential=${credentials.accessKeyId}/${credentialScope}, SignedHeaders=${names.join(';')}, Signature=${signature}` };
}

/** RFC 3986 in UTF-8: everything but the unreserved characters. */
export function uriEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function canonicalPath(pathname: string): string {
  return pathname.split('/').map(uriEncode).join('/');
}

/** Names and values encoded, in the order of names, then values; bytes as they stand in the URL decide nothing. */
function canonicalQuery(search: string): string {
  if (search === '') return '';
  const pairs = search.slice(1).split('&').map((pair): [string, string] => {
    const equals = pair.indexOf('=');
    const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    return [uriEncode(decodeURIComponent(name)), uriEncode(decodeURIComponent(value))];
  });
  return pairs.sort(([a, x], [b, y]) => (a < b || (a === b && x < y) ? -1 : 1)).map(([name, value]) => `${name}=${value}`).join('&');
}

function signingKey(secret: string, day: string, { region, service }: Scope): Buffer {
  return hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), service), 'aws4_request');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
