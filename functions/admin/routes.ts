import { explainRoute } from './operations/explain.ts';
import { exportChangesAs, exportRequestsAs, exportUsageAs } from './operations/export.ts';
import { listCatalogue } from './operations/catalogue.ts';
import { getConfig } from './operations/get-config.ts';
import { eraseData } from './operations/erase.ts';
import { getEvidence } from './operations/evidence.ts';
import { getMe } from './operations/get-me.ts';
import { getMetrics } from './operations/get-metrics.ts';
import { getOpenApi } from './operations/get-openapi.ts';
import { getRequest } from './operations/get-request.ts';
import { getSetup } from './operations/get-setup.ts';
import { getSettings } from './operations/get-settings.ts';
import { getUsage } from './operations/get-usage.ts';
import { createKey, getKeyOperation, listKeysOperation, revokeKey, rotateKey, updateKey } from './operations/keys.ts';
import { listChangesOperation } from './operations/list-changes.ts';
import { acceptInvitation } from './operations/invitations.ts';
import { listRefusals } from './operations/list-refusals.ts';
import { listRequests } from './operations/list-requests.ts';
import { changeMember, inviteMember, listMembersOperation, removeMember } from './operations/members.ts';
import { createModel, deleteModel, getModelOperation, listModelsOperation, testModelOperation, updateModel } from './operations/models.ts';
import { putConfig } from './operations/put-config.ts';
import { putSettings } from './operations/put-settings.ts';
import { replayPeriod, whatIf } from './operations/replay.ts';
import { checkRouting, getRoutingOperation, getRoutingVersionOperation, listRoutingVersionsOperation, putRouting, rollbackRouting } from './operations/routing.ts';
import { createTenant } from './operations/tenants.ts';
import { createToken, deleteToken, listTokens } from './operations/tokens.ts';
import type { Route } from './route.ts';

export type { Route };

/** The whole admin API. What is not listed here does not exist; nobody may do what no line allows. */
export const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/admin/me', role: 'person', run: getMe },
  { method: 'GET', path: '/admin/config', role: 'admin', run: getConfig },
  { method: 'PUT', path: '/admin/config', role: 'admin', run: putConfig },
  { method: 'GET', path: '/admin/requests', role: 'viewer', run: listRequests },
  { method: 'GET', path: '/admin/requests/{id}', role: 'viewer', run: getRequest },
  { method: 'GET', path: '/admin/refusals', role: 'viewer', run: listRefusals },
  { method: 'GET', path: '/admin/usage', role: 'viewer', run: getUsage },
  { method: 'GET', path: '/admin/settings', role: 'admin', run: getSettings },
  { method: 'PUT', path: '/admin/settings', role: 'admin', run: putSettings },
  { method: 'GET', path: '/admin/changes', role: 'admin', run: listChangesOperation },
  { method: 'GET', path: '/admin/routing', role: 'member', run: getRoutingOperation },
  { method: 'PUT', path: '/admin/routing', role: 'admin', run: putRouting },
  { method: 'GET', path: '/admin/routing/versions', role: 'member', run: listRoutingVersionsOperation },
  { method: 'GET', path: '/admin/routing/versions/{n}', role: 'member', run: getRoutingVersionOperation },
  { method: 'POST', path: '/admin/routing/rollback', role: 'admin', run: rollbackRouting },
  { method: 'POST', path: '/admin/route/explain', role: 'member', run: explainRoute },
  { method: 'POST', path: '/admin/routing/check', role: 'member', run: checkRouting },
  { method: 'POST', path: '/admin/routing/what-if', role: 'member', run: whatIf },
  { method: 'POST', path: '/admin/replay', role: 'member', run: replayPeriod },
  { method: 'GET', path: '/admin/evidence', role: 'member', run: getEvidence },
  { method: 'GET', path: '/admin/catalogue', role: 'member', run: listCatalogue },
  { method: 'GET', path: '/admin/models', role: 'member', run: listModelsOperation },
  { method: 'POST', path: '/admin/models', role: 'admin', run: createModel },
  { method: 'POST', path: '/admin/models/test', role: 'admin', run: testModelOperation },
  { method: 'GET', path: '/admin/models/{id}', role: 'member', run: getModelOperation },
  { method: 'PATCH', path: '/admin/models/{id}', role: 'admin', run: updateModel },
  { method: 'DELETE', path: '/admin/models/{id}', role: 'admin', run: deleteModel },
  { method: 'GET', path: '/admin/keys', role: 'member', run: listKeysOperation },
  { method: 'POST', path: '/admin/keys', role: 'admin', run: createKey },
  { method: 'GET', path: '/admin/keys/{id}', role: 'member', run: getKeyOperation },
  { method: 'PATCH', path: '/admin/keys/{id}', role: 'admin', run: updateKey },
  { method: 'POST', path: '/admin/keys/{id}/rotate', role: 'admin', run: rotateKey },
  { method: 'POST', path: '/admin/keys/{id}/revoke', role: 'admin', run: revokeKey },
  { method: 'GET', path: '/admin/members', role: 'admin', run: listMembersOperation },
  { method: 'POST', path: '/admin/members', role: 'admin', run: inviteMember },
  { method: 'PATCH', path: '/admin/members/{id}', role: 'owner', run: changeMember },
  { method: 'DELETE', path: '/admin/members/{id}', role: 'admin', run: removeMember },
  { method: 'POST', path: '/admin/invitations/accept', role: 'person', run: acceptInvitation },
  { method: 'POST', path: '/admin/tenants', role: 'owner', run: createTenant },
  { method: 'GET', path: '/admin/tokens', role: 'owner', run: listTokens },
  { method: 'POST', path: '/admin/tokens', role: 'owner', run: createToken },
  { method: 'DELETE', path: '/admin/tokens/{id}', role: 'owner', run: deleteToken },
  { method: 'POST', path: '/admin/erase', role: 'owner', run: eraseData },
  { method: 'GET', path: '/admin/setup', role: 'viewer', run: getSetup },
  { method: 'GET', path: '/admin/export/requests.csv', role: 'viewer', run: exportRequestsAs('csv') },
  { method: 'GET', path: '/admin/export/requests.ndjson', role: 'viewer', run: exportRequestsAs('ndjson') },
  { method: 'GET', path: '/admin/export/usage.csv', role: 'viewer', run: exportUsageAs('csv') },
  { method: 'GET', path: '/admin/export/usage.ndjson', role: 'viewer', run: exportUsageAs('ndjson') },
  { method: 'GET', path: '/admin/export/changes.csv', role: 'admin', run: exportChangesAs('csv') },
  { method: 'GET', path: '/admin/export/changes.ndjson', role: 'admin', run: exportChangesAs('ndjson') },
  { method: 'GET', path: '/admin/openapi.json', role: 'public', run: getOpenApi(() => ROUTES) },
  { method: 'GET', path: '/metrics', role: 'viewer', run: getMetrics },
];

export interface Matched { readonly route: Route; readonly params: Readonly<Record<string, string>> }

// Fixed segments before `{names}`, so that /admin/models/test is not the model called "test".
const SPLIT: readonly (readonly [Route, readonly string[]])[] = ROUTES
  .map((route) => [route, route.path.split('/')] as const)
  .toSorted(([a], [b]) => a.path.split('{').length - b.path.split('{').length);

/** The route of a method and path; else the methods that the path has, none when there is no such path. */
export function matchRoute(method: string, path: string): Matched | { readonly allowed: readonly string[] } {
  const segments = path.split('/');
  const allowed: string[] = [];
  for (const [route, pattern] of SPLIT) {
    const params = paramsOf(pattern, segments);
    if (params === undefined) continue;
    if (route.method === method) return { route, params };
    allowed.push(route.method);
  }
  return { allowed };
}

function paramsOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, wanted] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (!wanted.startsWith('{')) {
      if (wanted !== segment) return undefined;
      continue;
    }
    const value = decoded(segment);
    if (value === undefined || value === '') return undefined;
    params[wanted.slice(1, -1)] = value;
  }
  return params;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
