import type { Query } from './address.ts';
import { askFile } from './client.ts';

/** Saves a file of `/admin/export/…` under the given name. Throws `ApiError`, and then saves nothing. */
export const download = async (path: string, query: Query, name: string): Promise<void> => saveFile(await askFile(path, query), name);

export function saveFile(contents: Blob, name: string): void {
  const url = URL.createObjectURL(contents);
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
