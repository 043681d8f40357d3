import { queryOptions, useMutation } from '@tanstack/react-query';
import { ask, get } from './client.ts';
import { refresh } from './query-client.ts';
import type { KeyCreate, KeyCreated, KeyPatch, KeyRevoked, KeyView, List } from './types.ts';

const one = (id: string): string => `/admin/keys/${encodeURIComponent(id)}`;
const changed = (): Promise<unknown> => refresh('keys', 'setup');

export const keysQuery = queryOptions({ queryKey: ['keys'], queryFn: async ({ signal }) => (await get<List<KeyView>>('/admin/keys', undefined, signal)).items });
export const keyQuery = (id: string) => queryOptions({ queryKey: ['keys', id], queryFn: ({ signal }) => get<KeyView>(one(id), undefined, signal) });

// The full key is in these answers once: `gcTime` 0 and no query cache, so that it lives in the dialog alone. Call `reset()` when that closes.
export const useCreateKey = () => useMutation({ gcTime: 0, mutationFn: ({ body, idempotencyKey }: { body: KeyCreate; idempotencyKey: string }) => ask<KeyCreated>('POST', '/admin/keys', { body, idempotencyKey }), onSuccess: changed });
export const useRotateKey = () => useMutation({
  gcTime: 0, mutationFn: ({ id, overlapSeconds, idempotencyKey }: { id: string; overlapSeconds: number; idempotencyKey: string }) => ask<KeyCreated>('POST', `${one(id)}/rotate`, { body: { overlapSeconds }, idempotencyKey }), onSuccess: changed,
});
export const useUpdateKey = () => useMutation({ mutationFn: ({ id, version, body }: { id: string; version: number; body: KeyPatch }) => ask<KeyView>('PATCH', one(id), { body, ifMatch: version }), onSuccess: changed });
export const useRevokeKey = () => useMutation({ mutationFn: ({ id, idempotencyKey }: { id: string; idempotencyKey: string }) => ask<KeyRevoked>('POST', `${one(id)}/revoke`, { body: {}, idempotencyKey }), onSuccess: changed });
