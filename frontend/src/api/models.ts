import { queryOptions, useMutation } from '@tanstack/react-query';
import { ask, get } from './client.ts';
import { refresh } from './query-client.ts';
import type { CatalogueModel, List, ModelCreate, ModelPatch, ModelTest, ModelTestAnswer, ModelView } from './types.ts';

const one = (id: string): string => `/admin/models/${encodeURIComponent(id)}`;
const changed = (): Promise<unknown> => refresh('models', 'routing', 'setup');

export const modelsQuery = queryOptions({ queryKey: ['models'], queryFn: async ({ signal }) => (await get<List<ModelView>>('/admin/models', undefined, signal)).items });
export const modelQuery = (id: string) => queryOptions({ queryKey: ['models', id], queryFn: ({ signal }) => get<ModelView>(one(id), undefined, signal) });

export const useCreateModel = () => useMutation({ mutationFn: ({ body, idempotencyKey }: { body: ModelCreate; idempotencyKey: string }) => ask<ModelView>('POST', '/admin/models', { body, idempotencyKey }), onSuccess: changed });
export const useUpdateModel = () => useMutation({ mutationFn: ({ id, version, body }: { id: string; version: number; body: ModelPatch }) => ask<ModelView>('PATCH', one(id), { body, ifMatch: version }), onSuccess: changed });
export const useDeleteModel = () => useMutation({ mutationFn: ({ id, version }: { id: string; version: number }) => ask('DELETE', one(id), { ifMatch: version }), onSuccess: changed });
/** One tiny call through the code of live traffic; what the provider says comes back whole. */
export const useTestModel = () => useMutation({ mutationFn: (body: ModelTest) => ask<ModelTestAnswer>('POST', '/admin/models/test', { body }) });
/** What the gateway knows of providers' models: it changes with its version only. */
export const catalogueQuery = queryOptions({ queryKey: ['catalogue'], queryFn: async ({ signal }) => (await get<List<CatalogueModel>>('/admin/catalogue', undefined, signal)).items, staleTime: Infinity });
