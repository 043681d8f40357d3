import { deleteMachineTokenOp, digestOf, listMachineTokens, putMachineTokenOp, type MachineToken } from '../../adapters/store/machine-tokens.ts';
import { listOf } from '../../contract/admin/shared.ts';
import { tokenCreate, tokenCreated, tokenDeleted, tokenView } from '../../contract/admin/tokens.ts';
import { change } from '../change.ts';
import { AdminError } from '../errors.ts';
import { operation } from '../operation.ts';
import { asMaker, tokenAuthority } from '../people/authority.ts';

const viewOf = ({ tokenId, name, role, createdAt, createdBy, createdById }: MachineToken) => ({ id: tokenId, name, role, createdAt, createdBy, createdById: createdById ?? null });
const MAX_TOKENS = 100;

export const listTokens = operation({ summary: 'The tenant\'s machine tokens, without the tokens themselves.', answer: listOf(tokenView) }, async ({ caller, ports }) => {
  const tokens = await listMachineTokens(ports.store, caller.tenantId);
  const worth = await Promise.all(tokens.map((token) => tokenAuthority(ports.store, token)));
  return { body: { items: tokens.map((token, at) => ({ ...viewOf(token), effectiveRole: worth[at]?.role ?? null })), nextCursor: null } };
});

export const createToken = operation({ summary: 'A token for a machine, with one role in this tenant, at most its maker\'s as long as it lives. Shown in this answer and never again.', body: tokenCreate, answer: tokenCreated, status: 201 }, async (call) => {
  const { caller, ports, body, nowMs } = call;
  if (ports.machineClientId !== undefined) throw new AdminError('not_implemented', `Here programs get their tokens from the user pool, as its client ${ports.machineClientId} with the grant client_credentials.`);
  if ((await listMachineTokens(ports.store, caller.tenantId)).length >= MAX_TOKENS) throw new AdminError('conflict', `A tenant has at most ${MAX_TOKENS} machine tokens.`);
  const secret = `bsga_${Buffer.from(ports.randomBytes(32)).toString('hex')}`;
  const token: MachineToken = {
    tokenId: `mt_${Buffer.from(ports.randomBytes(9)).toString('hex')}`, tenantId: caller.tenantId, name: body.name, role: body.role,
    createdAt: new Date(nowMs).toISOString(), createdBy: caller.name, ...asMaker(caller), digest: digestOf(secret),
  };
  const committed = await change(call, { action: 'token.created', target: { type: 'token', id: token.tokenId, name: token.name }, before: null, after: viewOf(token) }, [putMachineTokenOp(token)]);
  if (!committed.ok) throw new AdminError('internal_error', 'The token could not be made.');
  const shown = { ...viewOf(token), effectiveRole: token.role };
  return { body: { ...shown, token: secret }, replay: { ...shown, secret_shown: false }, headers: { 'cache-control': 'no-store' } };
});

export const deleteToken = operation({ summary: 'Ends a machine token at once.', answer: tokenDeleted }, async (call) => {
  const { caller, ports, params } = call;
  const token = (await listMachineTokens(ports.store, caller.tenantId)).find(({ tokenId }) => tokenId === params['id']);
  if (token === undefined) throw new AdminError('not_found', 'There is no token with this id.');
  await change(call, { action: 'token.deleted', target: { type: 'token', id: token.tokenId, name: token.name }, before: viewOf(token), after: null }, [deleteMachineTokenOp(token)]);
  return { body: { id: token.tokenId, deleted: true } };
});
