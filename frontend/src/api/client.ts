import { config } from '../app/config.ts';
import { accessToken, renewOnce } from '../auth/session.ts';
import { forgetRedirects } from '../auth/loops.ts';
import { SignInError } from '../auth/oidc.ts';
import { searchOf, type Query } from './address.ts';
import { takeEarly } from './early.ts';
import { ApiError } from './errors.ts';
import { currentTenant } from './tenant.ts';

export interface Ask {
  readonly query?: Query;
  readonly body?: unknown;
  /** The version that the change is made to. */
  readonly ifMatch?: string | number;
  /** One per thing that is to happen once, however often it is sent: made when a dialog opens (`newIdempotencyKey`). */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}
export interface Answer<T> { readonly data: T; readonly etag: string | null }

export const newIdempotencyKey = (): string => crypto.getRandomValues(new Uint32Array(4)).join('-');

/** Asks the admin API. Throws `ApiError`, for whatever reason there is no answer. */
export async function ask<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, options: Ask = {}): Promise<Answer<T>> {
  const response = await send(method, path, options);
  if (!response.ok) throw await refusal(response);
  const data = (await response.json().catch(() => ({}))) as T;
  forgetRedirects();
  return { data, etag: response.headers.get('etag') };
}

/**
 * A file of the admin API. The browser keeps it beside the page, as it comes: a long one never lies in the page's own
 * memory. Throws `ApiError`; `broken_off` where the file began and did not end.
 */
export async function askFile(path: string, query: Query): Promise<Blob> {
  const response = await send('GET', path, { query });
  if (!response.ok) throw await refusal(response);
  try {
    return await response.blob();
  } catch {
    throw new ApiError({ code: 'broken_off', message: 'The file broke off before its end.', requestId: response.headers.get('x-request-id') ?? undefined });
  }
}

async function refusal(response: Response): Promise<ApiError> {
  const { error, ...details } = (await response.json().catch(() => ({}))) as { error?: { code?: string; message?: string; field?: string; requestId?: string } };
  return new ApiError({
    code: error?.code ?? 'unreachable', message: error?.message ?? `HTTP ${response.status}`, status: response.status,
    field: error?.field, requestId: error?.requestId ?? response.headers.get('x-request-id') ?? undefined, details,
  });
}

export const get = async <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> => (await ask<T>('GET', path, { ...(query && { query }), ...(signal && { signal }) })).data;

/** With a token; a refused one is renewed once, and the session is over when the renewed one is refused too. */
async function send(method: string, path: string, options: Ask): Promise<Response> {
  const first = await sendOnce(method, path, options);
  if (first.status !== 401) return first;
  if (!(await renewed())) throw new ApiError({ code: 'session_ended', message: 'Your session has ended.', status: 401 });
  return sendOnce(method, path, options);
}

async function renewed(): Promise<boolean> {
  try {
    return await renewOnce();
  } catch (error) {
    throw unreachable(error);
  }
}

async function sendOnce(method: string, path: string, { query, body, ifMatch, idempotencyKey, signal }: Ask): Promise<Response> {
  const address = `${path}${searchOf(query)}`;
  const early = method === 'GET' ? await takeEarly(address) : undefined;
  if (early !== undefined) return early;
  let token: string | undefined;
  try {
    token = await accessToken();
  } catch (error) {
    throw unreachable(error);
  }
  const tenant = currentTenant();
  const headers: Record<string, string> = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }), ...(tenant !== null && { 'x-bsg-tenant': tenant }), ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(ifMatch !== undefined && { 'if-match': `"${String(ifMatch).replaceAll('"', '')}"` }), ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
  };
  try {
    return await fetch(`${config().apiBaseUrl}${address}`, { method, headers, cache: 'no-store', ...(body !== undefined && { body: JSON.stringify(body) }), ...(signal && { signal }) });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw unreachable(error);
  }
}

function unreachable(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const what = error instanceof SignInError ? error.detail : '';
  return navigator.onLine ? new ApiError({ code: 'unreachable', message: `The gateway could not be reached. ${what}`.trim() }) : new ApiError({ code: 'offline', message: 'You are offline.' });
}
