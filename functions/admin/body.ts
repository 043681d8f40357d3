import type * as z from 'zod/mini';
import { firstIssue } from '../contract/issue.ts';
import { scanBody } from '../core/dialects/json-scan.ts';
import { parseJson, requireJson } from '../core/dialects/json-text.ts';
import { GatewayError } from '../core/errors.ts';
import { AdminError, type AdminErrorCode } from './errors.ts';
import type { OperationShape } from './operation.ts';
import type { GatewayRequest } from './ports.ts';

const BOUNDS = { maxDepth: 64, maxKeys: 10_000 };

/** The JSON body as its schema makes it. Throws `invalid_request` with the pointer of the first mistake, `request_too_large` or `unsupported_media_type`. */
export async function readBody(request: GatewayRequest, schema: z.ZodMiniType): Promise<unknown> {
  const document = await documentOf(request);
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const { pointer, message } = firstIssue(parsed.error, document);
  throw new AdminError('invalid_request', message, { field: pointer });
}

async function documentOf(request: GatewayRequest): Promise<unknown> {
  try {
    requireJson(request.headers);
    const bytes = await request.body();
    scanBody(bytes, BOUNDS);
    return parseJson(bytes);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const { code, message } = error.failure;
    throw new AdminError(CODES.has(code) ? code as AdminErrorCode : 'invalid_request', message);
  }
}

const CODES: ReadonlySet<string> = new Set<AdminErrorCode>(['invalid_request', 'request_too_large', 'unsupported_media_type']);

/** The version in `If-Match: "7"`; undefined for `*` or none. Throws when it is no version, or when there must be one. */
export function readIfMatch({ headers }: GatewayRequest, rule: OperationShape<undefined, undefined>['ifMatch']): number | undefined {
  const text = headers['if-match'];
  if (text === undefined && rule === 'required') throw new AdminError('version_required', 'Send the version that you read as If-Match, so that nobody\'s change is lost.', { field: 'if-match' });
  if (text === undefined || text.trim() === '*') return undefined;
  const version = /^\s*(?:W\/)?"(\d{1,10})"\s*$/.exec(text)?.[1];
  if (version === undefined) throw new AdminError('invalid_request', 'If-Match must be an ETag as it was given, such as "7".', { field: 'if-match' });
  return Number(version);
}
