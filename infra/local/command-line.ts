import { isIPv6 } from 'node:net';
import { parseArgs } from 'node:util';

/** A reason not to start, in one sentence that its reader can act on; printed without a stack. */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartError';
  }
}

export interface CommandLine {
  /** 0 = any free port. */
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly configFile?: string;
  readonly demo: boolean;
  /** `HOST` or `HOST:PORT`, lower case; IPv6 in brackets. */
  readonly allowUpstreams: readonly string[];
  readonly maxBodyMiB: number;
  readonly json: boolean;
}

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string' },
  data: { type: 'string' },
  config: { type: 'string' },
  demo: { type: 'boolean' },
  'allow-upstream': { type: 'string', multiple: true },
  'max-body': { type: 'string' },
  json: { type: 'boolean' },
} as const;

type Name = keyof typeof OPTIONS;
const USAGE = '[--port N] [--host H] [--data DIR] [--config FILE] [--demo] [--allow-upstream HOST[:PORT]]… [--max-body MiB] [--json]';
const MAX_BODY_MIB = 1_024;

/** What `npm start -- --help` prints; undefined where nobody asked. */
export const helpFor = (args: readonly string[]): string | undefined => (args.some((arg) => arg === '--help' || arg === '-h') ? HELP : undefined);

const HELP = `usage: npm start -- [options]

  --port N                       port to listen on (8787; 0 = any free one)
  --host H                       address to listen on (127.0.0.1; another one needs BSG_ADMIN_PASSWORD)
  --data DIR                     database, master key and admin token (./data)
  --config FILE                  models, routing and keys, as README.md shows
  --demo                         simulated models, a key and an hour of simulated traffic
  --allow-upstream HOST[:PORT]   a private host that models may point to; may be repeated
  --max-body MiB                 larger requests are refused with 413 (32)
  --json                         one JSON line when ready, for scripts

  npm run -s keygen prints a new key, npm run -s signin a link to the dashboard.
`;

/** Reads the arguments of `npm start -- …`. Throws `StartError` with one sentence for every mistake. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const given = optionsOf(args);
  const single = (name: Name): string | undefined => given.get(name)?.[0];
  const configFile = single('config');
  return {
    port: wholeNumber('port', single('port') ?? '8787', 0, 65_535),
    host: hostName(single('host') ?? '127.0.0.1'),
    dataDir: single('data') ?? './data',
    ...(configFile !== undefined && { configFile }),
    demo: given.has('demo'),
    allowUpstreams: (given.get('allow-upstream') ?? []).map(upstreamHost),
    maxBodyMiB: wholeNumber('max-body', single('max-body') ?? '32', 1, MAX_BODY_MIB),
    json: given.has('json'),
  };
}

/** Every option with its values. Node's own strict mode is not used: its messages take several sentences. */
function optionsOf(args: readonly string[]): ReadonlyMap<Name, readonly string[]> {
  const { tokens } = parseArgs({ args: [...args], options: OPTIONS, strict: false, allowPositionals: true, tokens: true });
  const given = new Map<Name, string[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') throw new StartError(`"${token.value}" is not an option; usage: npm start -- ${USAGE}.`);
    if (token.kind === 'option-terminator') continue;
    if (!Object.hasOwn(OPTIONS, token.name)) throw new StartError(`There is no option ${token.rawName}; usage: npm start -- ${USAGE}.`);
    const name = token.name as Name;
    const values = given.get(name) ?? [];
    if (values.length > 0 && !('multiple' in OPTIONS[name])) throw new StartError(`The option --${name} is given twice.`);
    if (OPTIONS[name].type === 'boolean') {
      if (token.value !== undefined) throw new StartError(`The option --${name} takes no value.`);
      values.push('');
    } else {
      // Without an equals sign Node takes whatever follows, be it the next option.
      if (token.value === undefined || token.value === '' || (token.inlineValue === false && token.value.startsWith('--'))) throw new StartError(`The option --${name} needs a value.`);
      values.push(token.value);
    }
    given.set(name, values);
  }
  return given;
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw new StartError(`The option --${name} takes a whole number from ${least} to ${most}, not "${text}".`);
  return value;
}

function hostName(text: string): string {
  const host = text.toLowerCase();
  if (isIPv6(host) || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(host)) return host;
  throw new StartError(`The option --host takes a host name or an IP address without a port, not "${text}".`);
}

function upstreamHost(text: string): string {
  const [, host = '', port = '0'] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(text.toLowerCase()) ?? [];
  const isHost = host.startsWith('[') ? isIPv6(host.slice(1, -1)) : /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/.test(host);
  if (!isHost || Number(port) > 65_535) throw new StartError(`The option --allow-upstream takes HOST or HOST:PORT (IPv6 in brackets) without a scheme or path, not "${text}".`);
  return text.toLowerCase();
}
