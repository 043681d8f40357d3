import { createHash, createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Received, Script } from './scripted-upstream.ts';

export const AWS = { accessKeyId: 'AKIAEXAMPLEEXAMPLE00', secretAccessKey: 'secret-access-key-canary', sessionToken: 'session-token-canary' };

const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');
const strict = (text: string): string => [...Buffer.from(text)].map((byte) => (/[A-Za-z0-9_.~-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)).join('');

/**
 * What is wrong with a request's signature, undefined = nothing: worked out from the bytes that arrived, by the steps of the IAM
 * user guide, and sharing no code with the gateway.
 */
export function signatureFault(received: Received, region: string): string | undefined {
  const { headers } = received;
  const match = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/bedrock\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/.exec(headers.authorization ?? '');
  if (match === null) return 'no signature';
  const [, keyId = '', day = '', signedRegion = '', signed = '', signature = ''] = match;
  if (keyId !== AWS.accessKeyId || signedRegion !== region) return 'wrong scope';
  const date = String(headers['x-amz-date']);
  if (!date.startsWith(day) || Math.abs(Date.parse(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z')) - Date.now()) > 300_000) return 'wrong date';
  const names = signed.split(';');
  for (const needed of ['host', 'x-amz-date', 'x-amz-security-token', 'content-type']) if (!names.includes(needed)) return `${needed} is not signed`;
  const canonical = [
    received.method, received.path.split('/').map(strict).join('/'), '', ...names.map((name) => `${name}:${String(headers[name])}`), '', signed, sha256(received.bytes),
  ].join('\n');
  let key: Buffer | string = `AWS4${AWS.secretAccessKey}`;
  for (const step of [day, region, 'bedrock', 'aws4_request']) key = createHmac('sha256', key).update(step).digest();
  const expected = createHmac('sha256', key).update(`AWS4-HMAC-SHA256\n${date}\n${day}/${region}/bedrock/aws4_request\n${sha256(canonical)}`).digest('hex');
  return expected === signature ? undefined : 'wrong signature';
}

/** A script that lets only rightly signed requests through, as Bedrock does. */
export function signedOnly(region: string, script: Script): Script {
  return (received, response) => {
    const fault = signatureFault(received, region);
    if (fault === undefined) return script(received, response);
    response.writeHead(403, { 'content-type': 'application/json', 'x-amzn-errortype': 'InvalidSignatureException' });
    response.end(JSON.stringify({ message: fault }));
    return undefined;
  };
}

/** Sends frames, one write each, with a turn of the event loop between them. */
export async function frames(response: ServerResponse, pieces: readonly Uint8Array[], end: 'clean' | 'destroy' = 'clean'): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
  for (const piece of pieces) {
    if (response.destroyed) return;
    response.write(piece);
    await new Promise((resolve) => { setImmediate(resolve); });
  }
  if (end === 'destroy') response.socket?.destroy();
  else response.end();
}

/** A whole Converse answer. */
export function converseAnswer(content: readonly unknown[], stopReason = 'end_turn', usage: object = { inputTokens: 10, outputTokens: 5, totalTokens: 15 }): unknown {
  return { output: { message: { role: 'assistant', content } }, stopReason, usage, metrics: { latencyMs: 7 } };
}
