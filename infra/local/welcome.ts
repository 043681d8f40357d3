import type { CommandLine } from './command-line.ts';
import type { DataFolder } from './data-folder.ts';

export interface Welcome {
  readonly options: CommandLine;
  readonly folder: DataFolder;
  /** The port that was really bound (`--port 0` picks a free one). */
  readonly port: number;
  readonly demoKey: string | undefined;
  /** Signs its first user in as the operator. */
  readonly signInUrl: string;
}

/** The word of a first start that must not be missed. */
export const keepTheKey = (masterKey: string): string =>
  `KEEP A COPY of ${masterKey} in another place. If it is lost, every stored provider credential is lost with it, and no virtual key works any more; no backup of the database helps.`;

/** What is printed once the server listens: one JSON line with `--json`, else a screen that says what to do next. */
export function welcome({ options, folder, port, demoKey, signInUrl }: Welcome): string {
  const host = options.host.includes(':') ? `[${options.host}]` : options.host === '0.0.0.0' ? '127.0.0.1' : options.host;
  const origin = `http://${host}:${port}`;
  const baseUrl = `${origin}/v1`;
  if (options.json) {
    const adminTokenFile = folder.paths.adminToken;
    return `${JSON.stringify({ ready: true, baseUrl, adminUrl: `${origin}/admin`, dashboardUrl: `${origin}/`, adminTokenFile, signInUrl, ...(demoKey !== undefined && { demoKey }) })}\n`;
  }
  const lines = ['', '  BSGateway is ready.', '', `    base_url     ${baseUrl}`];
  if (demoKey !== undefined) lines.push(`    api_key      ${demoKey}`);
  lines.push(`    dashboard    ${signInUrl}`, '                 (signs you in once, within 15 minutes; npm run -s signin prints another link)');
  lines.push(`    admin token  ${folder.paths.adminToken}`, `    data         ${folder.paths.root}`);
  if (folder.firstStart) lines.push('', `  ${keepTheKey(folder.paths.masterKey)}`);
  if (demoKey === undefined) lines.push('', '  Models and keys come from --config FILE; --demo starts with simulated ones.');
  else lines.push('', '  The models and their traffic are simulated. Try:', '', ...tryIt(baseUrl, demoKey).map((line) => `    ${line}`));
  return `${lines.join('\n')}\n\n`;
}

function tryIt(baseUrl: string, key: string): string[] {
  return [
    `curl ${baseUrl}/chat/completions \\`,
    `  -H "authorization: Bearer ${key}" -H "content-type: application/json" \\`,
    `  -d '{"model":"auto","messages":[{"role":"user","content":"What is the capital of France?"}]}'`,
  ];
}
