/**
 * Which upstream addresses the gateway may call. Pure parsing rules, so that the control plane refuses at save what the
 * data plane refuses at use. What a name resolves to is checked where it is
 * connected to, with `isPublicAddress`.
 */

/** Why an address may be called: a public host, one that the operator named, or this machine itself. */
export type Reach = 'public' | 'named' | 'loopback';

declare const checked: unique symbol;

/** A URL that passed `parseUpstreamUrl`; there is no other way to make one. */
export interface SafeUrl {
  readonly [checked]: true;
  readonly protocol: 'https:' | 'http:';
  /** Lower case, no port; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Scheme, host and port, as in `https://api.example.com` or `http://127.0.0.1:9100`. */
  readonly origin: string;
  /** What stands in a `host` header: the port only where it is not the scheme's own. */
  readonly authority: string;
  /** Path and query, as sent in the request line. */
  readonly path: string;
  /** True when `host` is an IP address, which no resolver is asked about. */
  readonly literal: boolean;
  readonly reach: Reach;
}

export interface UpstreamUrlOptions {
  /** `HOST` (any port) or `HOST:PORT`; IPv6 in brackets. Such hosts may be private and may speak plain http. */
  readonly allowHosts: readonly string[];
  /** This machine itself (`localhost`, 127.0.0.0/8, ::1), any port, http or https. */
  readonly allowLoopback: boolean;
}

export type UrlRefusal =
  | 'malformed' | 'scheme' | 'credentials' | 'fragment' | 'host' | 'port' | 'private_address' | 'https_required';

export type UpstreamUrl =
  | { readonly ok: true; readonly url: SafeUrl }
  /** `reason` is a sentence without any part of the URL. */
  | { readonly ok: false; readonly code: UrlRefusal; readonly reason: string };

const REASONS: Readonly<Record<UrlRefusal, string>> = {
  malformed: 'This is not a well-formed URL such as https://api.example.com/v1.',
  scheme: 'The URL must begin with https://.',
  credentials: 'The URL must not contain a user name or password.',
  fragment: 'The URL must not contain a # fragment.',
  host: 'The host must be a full public name, written plainly: no trailing dot, no single word, no internal or internationalised name.',
  port: 'Only ports 443 and 8443 are allowed, unless the operator named this host.',
  private_address: 'The host is not a public address.',
  https_required: 'The URL must begin with https://, unless the operator named this host.',
};

const MAX_LENGTH = 2_048;
const PUBLIC_PORTS = new Set([443, 8443]);
/** Printable ASCII without what the URL parser would drop, turn around or guess at. */
const PLAIN = /^[\x21-\x7e]+$/;
const AUTHORITY = /^(https?):\/\/([^/?#]+)(?:[/?#]|$)/i;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const DOTTED_QUAD = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;
/** Names that only ever resolve inside some network (RFC 6761, 6762, 8375, 9476 and ICANN's name-collision list). */
const INTERNAL_SUFFIXES = new Set(['local', 'localhost', 'internal', 'intranet', 'private', 'corp', 'home', 'lan', 'arpa', 'onion', 'alt', 'invalid']);

/**
 * Parses and checks the URL of an upstream. Guarantees: https on port 443 or 8443 of a public-looking host, or a host
 * that `options` names; no credentials, no fragment; and a host that is written exactly as it will be used, so that no
 * spelling (octal, hex, short, percent-encoded, full-width) hides an address. Never throws.
 */
export function parseUpstreamUrl(text: string, options: UpstreamUrlOptions): UpstreamUrl {
  if (text.length > MAX_LENGTH || !PLAIN.test(text) || text.includes('\\')) return refuse('malformed');
  const written = AUTHORITY.exec(text);
  if (written === null) return refuse(/^https?:/i.test(text) ? 'malformed' : 'scheme');
  const authority = (written[2] ?? '').toLowerCase();
  if (authority.includes('@')) return refuse('credentials');
  if (text.includes('#')) return refuse('fragment');
  if (!URL.canParse(text)) return refuse('malformed');
  const url = new URL(text);
  const protocol = url.protocol === 'http:' ? 'http:' : 'https:';
  const port = url.port === '' ? (protocol === 'http:' ? 80 : 443) : Number(url.port);
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  if (!isWrittenPlainly(authority, host)) return refuse('host');
  const reach = reachOf(host, port, options);
  const refusal = reach === 'public' ? refusalOfPublic(host, port, protocol) : undefined;
  if (refusal !== undefined) return refuse(refusal);
  return { ok: true, url: safe({ protocol, host, port, origin: url.origin, authority: url.host, path: url.pathname + url.search, literal: isLiteral(host), reach }) };
}

function safe(url: Omit<SafeUrl, typeof checked>): SafeUrl {
  return url as SafeUrl;
}

function refuse(code: UrlRefusal): UpstreamUrl {
  return { ok: false, code, reason: REASONS[code] };
}

/** The host as typed (without port) is the host as parsed; IPv6 has many honest spellings and is compared by nobody. */
function isWrittenPlainly(authority: string, host: string): boolean {
  if (host.includes(':')) return authority.startsWith('[');
  if (host.endsWith('.') || host === '') return false;
  const colon = authority.indexOf(':');
  return (colon < 0 ? authority : authority.slice(0, colon)) === host;
}

function reachOf(host: string, port: number, options: UpstreamUrlOptions): Reach {
  for (const entry of options.allowHosts) {
    if (matchesEntry(entry.toLowerCase(), host, port)) return 'named';
  }
  return options.allowLoopback && (host === 'localhost' || isLoopbackAddress(host)) ? 'loopback' : 'public';
}

function matchesEntry(entry: string, host: string, port: number): boolean {
  const written = host.includes(':') ? `[${host}]` : host;
  return entry === host || entry === written || entry === `${written}:${port}`;
}

function refusalOfPublic(host: string, port: number, protocol: SafeUrl['protocol']): UrlRefusal | undefined {
  if (isLiteral(host)) {
    if (!isPublicAddress(host)) return 'private_address';
  } else if (!isPublicName(host)) return 'host';
  if (protocol !== 'https:') return 'https_required';
  return PUBLIC_PORTS.has(port) ? undefined : 'port';
}

function isPublicName(host: string): boolean {
  if (host.length > 253) return false;
  const labels = host.split('.');
  if (labels.length < 2) return false;
  return labels.every((label) => LABEL.test(label) && !label.startsWith('xn--')) && !INTERNAL_SUFFIXES.has(labels.at(-1) ?? '');
}

function isLiteral(host: string): boolean {
  return host.includes(':') || DOTTED_QUAD.test(host);
}

/** IPv4 blocks that are not publicly reachable (IANA special-purpose registry, RFC 6890), as [network, prefix length]. */
const RESERVED_V4: readonly (readonly [number, number])[] = ([
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12],
  ['192.0.0.0', 24], ['192.0.2.0', 24], ['192.88.99.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24],
  ['203.0.113.0', 24], ['224.0.0.0', 4], ['240.0.0.0', 4],
  // Azure's host agent answers on this public-looking address from inside every virtual machine.
  ['168.63.129.16', 32],
] as const).map(([network, bits]) => [parseV4(network) ?? 0, bits] as const);

/** IPv6 blocks inside 2000::/3 that are not public: IETF protocols and Teredo, 6to4, both documentation blocks. */
const RESERVED_V6: readonly (readonly [readonly number[], number])[] = [
  [[0x2001, 0x0000], 23], [[0x2001, 0x0db8], 32], [[0x2002], 16], [[0x3fff, 0x0000], 20],
];

/**
 * True only for a textual IPv4 or IPv6 address that the public internet routes. IPv6 is 2000::/3 without the blocks
 * above, so mapped and translated IPv4 (::ffff:0:0/96, 64:ff9b::/96, 2002::/16, Teredo) never counts, nor does any
 * address with a zone, nor anything that is not an address.
 */
export function isPublicAddress(ip: string): boolean {
  if (!ip.includes(':')) {
    const v4 = parseV4(ip);
    return v4 !== undefined && !RESERVED_V4.some(([network, bits]) => v4 >>> (32 - bits) === network >>> (32 - bits));
  }
  const groups = parseV6(ip);
  return groups !== undefined && (groups[0] ?? 0) >>> 13 === 1 && !RESERVED_V6.some(([network, bits]) => startsWith(groups, network, bits));
}

/** 127.0.0.0/8 and ::1, nothing that merely maps to them. */
export function isLoopbackAddress(ip: string): boolean {
  if (!ip.includes(':')) {
    const v4 = parseV4(ip);
    return v4 !== undefined && v4 >>> 24 === 127;
  }
  return parseV6(ip)?.every((group, at) => group === (at === 7 ? 1 : 0)) ?? false;
}

/**
 * Whose an address is, as far as one can tell: an IPv4 address itself, also where it comes as `::ffff:a.b.c.d`; the /64 of
 * an IPv6 one, within which its owner may choose freely. What is no address stays as it is.
 */
export function addressBlock(ip: string): string {
  const groups = parseV6(ip.replace(/%.*$/s, ''));
  if (groups === undefined) return ip;
  const isMapped = startsWith(groups, [0, 0, 0, 0, 0, 0xffff], 96);
  if (!isMapped) return `${groups.slice(0, 4).map((group) => group.toString(16)).join(':')}::/64`;
  return groups.slice(6).flatMap((group) => [group >>> 8, group & 0xff]).join('.');
}

function startsWith(groups: readonly number[], network: readonly number[], bits: number): boolean {
  for (let at = 0, left = bits; left > 0; at += 1, left -= 16) {
    const drop = Math.max(0, 16 - left);
    if ((groups[at] ?? 0) >>> drop !== (network[at] ?? 0) >>> drop) return false;
  }
  return true;
}

/** Four decimal numbers without leading zeros → unsigned 32 bits; every other spelling → undefined. */
function parseV4(text: string): number | undefined {
  if (!DOTTED_QUAD.test(text)) return undefined;
  let value = 0;
  for (const part of text.split('.')) {
    const byte = Number(part);
    if (byte > 255 || (part.length > 1 && part.startsWith('0'))) return undefined;
    value = value * 256 + byte;
  }
  return value;
}

/** Eight groups of 16 bits, or undefined (RFC 4291 §2.2, with a dotted IPv4 tail; zones are not addresses here). */
function parseV6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '');
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  const tail = parseGroups(halves[1] ?? '');
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
}

function parseGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [at, part] of parts.entries()) {
    const v4 = at === parts.length - 1 ? parseV4(part) : undefined;
    if (v4 !== undefined) groups.push(v4 >>> 16, v4 & 0xffff);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}
