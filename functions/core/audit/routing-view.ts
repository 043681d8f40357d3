import { hash } from 'node:crypto';
import { diffDocuments } from '../routing/diff.ts';
import { membersThatDiffer } from './diff.ts';
import { canonicalJson, type AuditEvent } from './event.ts';

/** A version of the routing as an event tells of it. */
export interface RoutingState { readonly version: number; readonly document: object; readonly rollout?: object | undefined }

/** Most bytes of either side's part of the document (JSON in UTF-8); beyond it an event only names the places. */
const MAX_BYTES = 16_000;
const MAX_PLACES = 100;
const MAX_PLACE = 200;

/** Lower-case hex of SHA-256 of the canonical JSON: equal for equal documents, whatever a store does to the order of members. */
export const documentSha256 = (document: object): string => hash('sha256', canonicalJson(document), 'hex');

/**
 * What an event records of a change of the routing: both versions with the SHA-256 of their documents, and of the
 * documents what differs; where that is large, how many aliases and patterns there were and are and which places
 * differ (the first 100). At most about 36 KB a side.
 */
export function routingViews(was: RoutingState, is: RoutingState): { readonly before: object; readonly after: object } {
  const [before, after] = membersThatDiffer({ document: was.document }, { document: is.document });
  const isLarge = [before, after].some((side) => Buffer.byteLength(JSON.stringify(side)) > MAX_BYTES);
  if (!isLarge) return { before: { ...headOf(was), ...before }, after: { ...headOf(is), ...after } };
  const { differences, complete } = diffDocuments(was.document, is.document, MAX_PLACES);
  return { before: { ...headOf(was), counts: countsOf(was) }, after: { ...headOf(is), counts: countsOf(is), changed: differences.map(({ path }) => path.slice(0, MAX_PLACE)), complete } };
}

/** The version and the hash that an event of any kind says was saved; undefined where it says none, as those of earlier versions do. */
export function savedRouting(event: Pick<AuditEvent, 'after'>): { readonly version: number; readonly documentSha256: string } | undefined {
  for (const view of [event.after, memberOf(event.after, 'routing document'), memberOf(event.after, 'routing')]) {
    const [version, sha256] = [memberOf(view, 'version'), memberOf(view, 'documentSha256')];
    if (typeof version === 'number' && typeof sha256 === 'string') return { version, documentSha256: sha256 };
  }
  return undefined;
}

const headOf = ({ version, document, rollout }: RoutingState): object => ({ version, documentSha256: documentSha256(document), ...(rollout && { rollout }) });

function countsOf({ document }: RoutingState): object {
  const [aliases, patterns] = ['aliases', 'patterns'].map((name) => memberOf(document, name)).map((list) => (Array.isArray(list) ? list.length : 0));
  return { aliases, patterns };
}

const memberOf = (value: unknown, name: string): unknown => (typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined);
