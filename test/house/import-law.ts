import { posix } from 'node:path';
import { importsOf, tokens, type ImportFound, type Token } from './lex.ts';

export type Rule =
  | 'layers' | 'pure-core' | 'contract' | 'sdk' | 'sockets' | 'global-fetch' | 'admin-vault' | 'gateway-vault' | 'frontend' | 'infra' | 'cycle' | 'computed-import' | 'zod-mini';

export interface Violation {
  readonly rule: Rule;
  readonly file: string;
  readonly detail: string;
}

interface Edge extends ImportFound {
  /** Path in the tree for relative imports, else undefined. */
  readonly target: string | undefined;
}
interface SourceFile {
  readonly path: string;
  readonly list: readonly Token[];
  readonly edges: readonly Edge[];
}

/**
 * Every breach of the import law in the given files (path from the root, forward slashes → TypeScript without JSX).
 * Type imports count like any other, except that only values can open a socket or carry a capability along a chain.
 */
export function breaches(files: ReadonlyMap<string, string>): Violation[] {
  const parsed = [...files].map(([path, source]): SourceFile => {
    const list = tokens(source);
    const edges = importsOf(list).map((found) => ({ ...found, target: targetOf(path, found.specifier) }));
    return { path, list, edges };
  });
  return [...parsed.flatMap(ofFile), ...ofChains(parsed), ...ofCycles(parsed)];
}

function targetOf(path: string, specifier: string | undefined): string | undefined {
  return specifier?.startsWith('.') ? posix.normalize(posix.join(posix.dirname(path), specifier)) : undefined;
}

const LAYERS: readonly (readonly [prefix: RegExp, rank: number])[] = [
  [/^functions\/contract\//, 0],
  [/^functions\/core\//, 1],
  [/^functions\/adapters\//, 2],
  [/^functions\/(?:gateway|admin|jobs|bridge)\//, 3],
  [/^infra\/local\//, 4],
];
const rankOf = (path: string): number | undefined => LAYERS.find(([prefix]) => prefix.test(path))?.[1];

const CORE_PACKAGES: Record<string, readonly string[] | 'any'> = {
  'zod/mini': 'any',
  'eventsource-parser': 'any',
  'node:crypto': ['hash', 'createHash', 'createHmac', 'createSecretKey', 'timingSafeEqual', 'KeyObject'],
  'node:zlib': ['crc32', 'inflateRawSync'],
};
const SDK_OWNERS: readonly (readonly [sdk: RegExp, owner: RegExp])[] = [
  [/^@aws-sdk\/(?:client-dynamodb|lib-dynamodb|util-dynamodb)$/, /^functions\/adapters\/store\/dynamo(?:-[a-z]+)*\.ts$/],
  [/^@aws-sdk\/client-kms$/, /^functions\/adapters\/vault\/kms\.ts$/],
  [/^@aws-sdk\/client-lambda$/, /^functions\/adapters\/aws\/gateway-function\.ts$/],
  [/^@aws-sdk\/client-s3$/, /^functions\/adapters\/aws\/s3\.ts$/],
  [/^@aws-sdk\/client-secrets-manager$/, /^functions\/adapters\/aws\/secret-text\.ts$/],
  [/^@smithy\//, /^functions\/adapters\/(?:store\/dynamo(?:-[a-z]+)*|vault\/kms)\.ts$/],
  [/^@aws-sdk\//, /^(?!)/],
  // It opens sockets of its own, to the one address that the operator named for traces, and never to what a request says.
  [/^@opentelemetry\//, /^functions\/adapters\/observe\/otlp\.ts$/],
];
const SOCKETS = /^(?:node:)?(?:https?|http2|net|tls|dns|dns\/promises|dgram)$|^(?:undici|ws|axios|got|node-fetch)$/;
const SOCKET_OWNERS = /^functions\/adapters\/providers\/outbound\.ts$|^functions\/gateway\/http\.ts$|^infra\/local\//;
/** Tells CloudFormation how a deployment's step ended, at the signed address that it gave; in no function that serves. */
const FETCH_OWNERS = /^functions\/adapters\/aws\/stack-answer\.ts$/;
/** Names in the socket modules that only compute; an SDK's owner may also set up its keep-alive agent. */
const HARMLESS = new Set(['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'SocketAddress']);

function ofFile(file: SourceFile): Violation[] {
  const found = file.edges.flatMap((edge) => ofEdge(file.path, edge));
  if (file.path.startsWith('functions/') && !FETCH_OWNERS.test(file.path)) {
    for (const name of globalsOf(file.list, NETWORK_GLOBALS)) found.push({ rule: 'global-fetch', file: file.path, detail: name });
  }
  if (file.path.startsWith('functions/core/')) {
    for (const name of globalsOf(file.list, IMPURE_GLOBALS)) found.push({ rule: 'pure-core', file: file.path, detail: name });
  }
  return found;
}

function ofEdge(path: string, edge: Edge): Violation[] {
  const rules: Rule[] = [];
  const { specifier, target } = edge;
  if (specifier === undefined) rules.push('computed-import');
  else if (target !== undefined) rules.push(...ofNeighbour(path, target));
  else rules.push(...ofPackage(path, specifier, edge));
  return rules.map((rule) => ({ rule, file: path, detail: specifier ?? 'import(…)' }));
}

/** Rules about imports inside the tree. */
function ofNeighbour(path: string, target: string): Rule[] {
  const rules: Rule[] = [];
  const rank = rankOf(path);
  const targetRank = rankOf(target);
  if (rank !== undefined && (targetRank === undefined || targetRank > rank)) rules.push('layers');
  if (path.startsWith('functions/admin/') && (target === 'functions/adapters/vault/open.ts' || target.startsWith('functions/adapters/providers/'))) rules.push('admin-vault');
  if (path.startsWith('functions/gateway/') && target === 'functions/adapters/vault/seal.ts') rules.push('gateway-vault');
  if (path.startsWith('frontend/') && !target.startsWith('frontend/') && !target.startsWith('functions/contract/')) rules.push('frontend');
  if (/^infra\/(?!local\/)/.test(path) && !target.startsWith('infra/')) rules.push('infra');
  return rules;
}

/** Rules about imports of packages and of Node's own modules. */
function ofPackage(path: string, specifier: string, edge: ImportFound): Rule[] {
  const rules: Rule[] = [];
  const ours = path.startsWith('functions/') || path.startsWith('infra/local/');
  if (path.startsWith('functions/contract/') && specifier !== 'zod/mini') rules.push('contract');
  if (path.startsWith('functions/core/') && !pure(specifier, edge)) rules.push('pure-core');
  if ((path.startsWith('functions/') || path.startsWith('frontend/')) && (specifier === 'zod' || specifier.startsWith('zod/v'))) rules.push('zod-mini');
  if (path.startsWith('frontend/src/') && !allowedInBrowser(path, specifier)) rules.push('frontend');
  if (!ours) return rules;
  const sdk = SDK_OWNERS.find(([pattern]) => pattern.test(specifier));
  if (sdk !== undefined && !sdk[1].test(path)) rules.push('sdk');
  if (SOCKETS.test(specifier) && !edge.typeOnly && !SOCKET_OWNERS.test(path)) {
    const ownsSdk = SDK_OWNERS.some(([, owner]) => owner.test(path));
    const harmless = edge.names.length > 0 && edge.names.every((name) => HARMLESS.has(name) || (ownsSdk && name === 'Agent'));
    if (!harmless) rules.push('sockets');
  }
  return rules;
}

/** A page has no Node, and takes Amplify's parts from the kit only; the program's start takes its style sheet. */
function allowedInBrowser(path: string, specifier: string): boolean {
  if (specifier.startsWith('node:')) return false;
  return !specifier.startsWith('@aws-amplify/') || path.startsWith('frontend/src/ui/') || (path === 'frontend/src/app/entry.tsx' && specifier.endsWith('.css'));
}

function pure(specifier: string, edge: ImportFound): boolean {
  const allowed = CORE_PACKAGES[specifier];
  return allowed === 'any' || (allowed !== undefined && edge.names.length > 0 && edge.names.every((name) => allowed.includes(name)));
}

type Global = readonly [name: string, next?: string, after?: string];
const NETWORK_GLOBALS: readonly Global[] = [['fetch', '('], ['globalThis', '.', 'fetch'], ['WebSocket', '('], ['EventSource', '('], ['XMLHttpRequest', '(']];
const IMPURE_GLOBALS: readonly Global[] = [
  ['Date', '.', 'now'], ['Math', '.', 'random'], ['performance', '.'], ['process', '.'], ['console', '.'], ['crypto', '.'],
  ['setTimeout', '('], ['setInterval', '('], ['setImmediate', '('], ['queueMicrotask', '('],
];

/** Global names used as given: word, then the next one or two tokens. A name after a dot is somebody's member. */
function globalsOf(list: readonly Token[], wanted: readonly Global[]): string[] {
  return list.flatMap((token, i) => {
    if (token.kind !== 'word' || list[i - 1]?.text === '.') return [];
    const next = list[i + 1]?.text;
    if (token.text === 'Date' && list[i - 1]?.text === 'new' && wanted === IMPURE_GLOBALS && (next !== '(' || list[i + 2]?.text === ')')) return ['new Date()'];
    const hit = wanted.find(([name, mark, after]) => name === token.text && mark === next && (after === undefined || after === list[i + 2]?.text));
    return hit === undefined ? [] : [hit.join(' ')];
  });
}

/** Who must not reach what, over any number of value imports. */
const CHAINS: readonly (readonly [rule: Rule, from: RegExp, to: RegExp])[] = [
  ['admin-vault', /^functions\/admin\//, /^functions\/adapters\/(?:vault\/open\.ts|providers\/)/],
  ['gateway-vault', /^functions\/gateway\//, /^functions\/adapters\/vault\/seal\.ts/],
];

function ofChains(files: readonly SourceFile[]): Violation[] {
  const carried = new Map(files.map(({ path, edges }) => [path, edges.filter((edge) => !edge.typeOnly).flatMap((edge) => edge.target ?? [])]));
  return CHAINS.flatMap(([rule, from, to]) => {
    const start = [...carried.keys()].filter((path) => from.test(path));
    const via = new Map<string, string>(start.map((path) => [path, '']));
    for (const path of via.keys()) for (const next of carried.get(path) ?? []) if (!via.has(next)) via.set(next, path);
    return [...via.keys()].filter((path) => to.test(path)).map((path) => ({ rule, file: trail(via, path)[0] ?? path, detail: trail(via, path).join(' → ') }));
  });
}

function trail(via: ReadonlyMap<string, string>, end: string): string[] {
  const steps: string[] = [];
  for (let at = end; at !== ''; at = via.get(at) ?? '') steps.unshift(at);
  return steps;
}

/** One violation per file that lies on a circle of imports, found by stripping files nobody left imports or is imported by. */
function ofCycles(files: readonly SourceFile[]): Violation[] {
  const left = new Map(files.map(({ path, edges }) => [path, new Set(edges.flatMap((edge) => edge.target ?? []))]));
  for (let shrunk = true; shrunk;) {
    shrunk = false;
    const imported = new Set([...left.values()].flatMap((targets) => [...targets]));
    for (const [path, targets] of left) {
      for (const target of targets) if (!left.has(target)) targets.delete(target);
      if (targets.size === 0 || !imported.has(path)) shrunk = left.delete(path) || shrunk;
    }
  }
  return [...left].map(([file, targets]) => ({ rule: 'cycle', file, detail: [...targets].join(', ') }));
}
