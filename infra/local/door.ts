import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GATEWAY_VERSION } from '../../functions/adapters/providers/registry.ts';
import { serveAdmin } from '../../functions/admin/serve-admin.ts';
import type { Analytics } from '../../functions/admin/usage/analytics.ts';
import { createHttpDoor, type HttpDoor } from '../../functions/gateway/http.ts';
import type { GatewayRequest, GatewayResponse } from '../../functions/gateway/ports.ts';
import { serve } from '../../functions/gateway/serve.ts';
import { localAdminPorts } from './admin-ports.ts';
import { openAdminToken } from './admin-token.ts';
import type { CommandLine } from './command-line.ts';
import { openDashboard } from './dashboard.ts';
import type { DataPaths } from './data-folder.ts';
import type { Edition } from './edition.ts';
import { clientAddress, dashboardOrigins, exposure } from './exposure.ts';
import { hostGuard } from './host-guard.ts';
import { passwordGate } from './issuer/password.ts';
import { openLocalIssuer, type LocalIssuer } from './local-issuer.ts';
import { publicConfig } from './public-config.ts';

export interface LocalDoorOptions {
  readonly options: Pick<CommandLine, 'host' | 'allowUpstreams' | 'demo' | 'maxBodyMiB'>;
  readonly paths: Pick<DataPaths, 'adminToken' | 'signingKey'>;
  readonly edition: Edition;
  readonly analytics: Analytics;
  /** Where the built dashboard lies. */
  readonly dashboardFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The one port of the one machine: gateway, admin API, sign-in and dashboard, told apart by path. It does not listen yet. */
export function openLocalDoor({ options, paths, edition, analytics, dashboardFolder, env }: LocalDoorOptions): { door: HttpDoor; issuer: LocalIssuer } {
  const token = openAdminToken(paths.adminToken);
  const exposed = exposure(options, env);
  const origins = (): readonly [string, ...string[]] => dashboardOrigins(options, (door.server.address() as AddressInfo).port, exposed);
  const addressOf = (message: IncomingMessage): string | undefined => clientAddress(message, exposed);
  const issuer = openLocalIssuer({
    store: edition.store, signingKeyFile: paths.signingKey, adminToken: token, origins, clientAddress: addressOf, ...(exposed.password !== undefined && { password: passwordGate(exposed.password, Date.now) }),
  });
  const adminPorts = localAdminPorts({ edition, token, allowHosts: options.allowUpstreams, dashboardUrl: () => origins()[0], analytics, verify: issuer.verify });
  const dashboard = openDashboard({ folder: dashboardFolder, origin: () => origins()[0] });
  const handle = async (request: GatewayRequest): Promise<GatewayResponse> => {
    if (request.path.startsWith('/admin') || request.path === '/metrics') return serveAdmin(request, adminPorts);
    if (request.path === '/config.json') return publicConfig({ issuer: issuer.issuer(), version: GATEWAY_VERSION, demo: options.demo });
    return dashboard(request) ?? serve(request, edition.ports);
  };
  const door = createHttpDoor({ handle, maxBodyBytes: options.maxBodyMiB * 1024 * 1024, clientAddress: addressOf, allowedHosts: hostGuard(options.host, exposed.publicUrl), raw: issuer });
  return { door, issuer };
}
