import { useMutation } from '@tanstack/react-query';
import { ask, get } from './client.ts';
import { refresh } from './query-client.ts';
import type { ConfigPutAnswer, EraseAnswer } from './types.ts';

/** The tenant as a config file, without secrets. */
export const readConfig = (): Promise<Record<string, unknown>> => get<Record<string, unknown>>('/admin/config');

/** `isDryRun` only tells what would change. */
export const usePutConfig = () => useMutation({
  mutationFn: ({ body, isDryRun }: { body: unknown; isDryRun: boolean }) => ask<ConfigPutAnswer>('PUT', '/admin/config', { body, query: { dryRun: isDryRun } }),
  onSuccess: (_answer, { isDryRun }) => (isDryRun ? undefined : refresh('models', 'keys', 'routing', 'settings', 'setup', 'me')),
});

export interface Erased { readonly looked: number; readonly erased: number }

/** Erases in steps until the end; `onStep` hears how far it is. */
export async function erase(what: { readonly keyId: string } | { readonly user: string }, onStep: (so: Erased) => void): Promise<Erased> {
  let [looked, erased] = [0, 0];
  let cursor: string | null = null;
  do {
    const { data }: { data: EraseAnswer } = await ask<EraseAnswer>('POST', '/admin/erase', { body: { ...what, ...(cursor !== null && { cursor }) } });
    looked += data.looked;
    erased += data.erased;
    onStep({ looked, erased });
    cursor = data.complete ? null : data.cursor;
  } while (cursor !== null);
  await refresh('requests', 'usage');
  return { looked, erased };
}
