import { queryOptions, useMutation } from '@tanstack/react-query';
import { ask, get } from './client.ts';
import { refresh } from './query-client.ts';
import type { List, Member, MemberInvite, MemberInvited, Role, Settings, SettingsAnswer, Token, TokenCreate, TokenCreated } from './types.ts';

export const settingsQuery = queryOptions({ queryKey: ['settings'], queryFn: ({ signal }) => get<SettingsAnswer>('/admin/settings', undefined, signal) });
export const useSaveSettings = () => useMutation({ mutationFn: ({ version, body }: { version: number; body: Settings }) => ask<SettingsAnswer>('PUT', '/admin/settings', { body, ifMatch: version }), onSuccess: () => refresh('settings', 'me') });

export const membersQuery = queryOptions({ queryKey: ['members'], queryFn: async ({ signal }) => (await get<List<Member>>('/admin/members', undefined, signal)).items });
export const useInvite = () => useMutation({ gcTime: 0, mutationFn: ({ body, idempotencyKey }: { body: MemberInvite; idempotencyKey: string }) => ask<MemberInvited>('POST', '/admin/members', { body, idempotencyKey }), onSuccess: () => refresh('members') });
export const useChangeMember = () => useMutation({
  mutationFn: ({ id, role, version }: { id: string; role: Role; version?: number }) => ask<Member>('PATCH', `/admin/members/${encodeURIComponent(id)}`, { body: { role }, ...(version !== undefined && { ifMatch: version }) }), onSuccess: () => refresh('members'),
});
export const useRemoveMember = () => useMutation({ mutationFn: (id: string) => ask('DELETE', `/admin/members/${encodeURIComponent(id)}`), onSuccess: () => refresh('members') });
export const useAcceptInvitation = () => useMutation({ mutationFn: (token: string) => ask<{ tenantId: string; role: Role }>('POST', '/admin/invitations/accept', { body: { token } }), onSuccess: () => refresh('me') });

export const tokensQuery = queryOptions({ queryKey: ['tokens'], queryFn: async ({ signal }) => (await get<List<Token>>('/admin/tokens', undefined, signal)).items });
export const useCreateToken = () => useMutation({ gcTime: 0, mutationFn: ({ body, idempotencyKey }: { body: TokenCreate; idempotencyKey: string }) => ask<TokenCreated>('POST', '/admin/tokens', { body, idempotencyKey }), onSuccess: () => refresh('tokens') });
export const useDeleteToken = () => useMutation({ mutationFn: (id: string) => ask('DELETE', `/admin/tokens/${encodeURIComponent(id)}`), onSuccess: () => refresh('tokens') });
