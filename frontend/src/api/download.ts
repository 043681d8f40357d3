import { config } from '../app/config.ts';
import { accessToken } from '../auth/session.ts';
import { searchOf, type Query } from './client.ts';
import { ApiError } from './errors.ts';
import { currentTenant } from './tenant.ts';

/** Saves a file of `/admin/export/…` under the given name. Throws `ApiError`. */
export async function download(path: string, query: Query, name: string): Promise<void> {
  const token = await accessToken();
  const tenant = currentTenant();
  const response = await fetch(`${config().apiBaseUrl}${path}${searchOf(query)}`, { headers: { authorization: `Bearer ${token ?? ''}`, ...(tenant !== null && { 'x-bsg-tenant': tenant }) } }).catch(() => undefined);
  if (response?.ok !== true) throw new ApiError({ code: 'unreachable', message: 'The file could not be loaded.', status: response?.status ?? null, requestId: response?.headers.get('x-request-id') ?? undefined });
  saveFile(await response.blob(), name);
}

export function saveFile(contents: Blob, name: string): void {
  const url = URL.createObjectURL(contents);
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
