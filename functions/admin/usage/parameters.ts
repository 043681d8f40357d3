import * as z from 'zod/mini';
import { DIMENSIONS, LABELS } from '../../core/usage/groups.ts';
import { AdminError } from '../errors.ts';
import { instant, timezone, wholeNumber } from '../query.ts';
import { BUCKET_MS, bucketFor, type Bucket } from './buckets.ts';
import type { RequestsQuery } from './find-requests.ts';
import type { UsageRequest } from './read-usage.ts';

const DAY_MS = 86_400_000;
const MAX_RANGE_MS = 400 * DAY_MS;
const USAGE_RANGE_MS = DAY_MS;
const REQUESTS_RANGE_MS = 30 * DAY_MS;
const MAX_POINTS = 2_000;

/** One value or several, separated by commas, each of which matches `item`; ids never contain a comma. */
const listOf = (item: RegExp, message: string) => z.optional(z.pipe(
  z.string().check(z.minLength(1), z.maxLength(2_048), z.refine((text) => text.split(',').every((part) => item.test(part)), message)),
  z.transform((text) => text.split(',')),
));
const names = listOf(/^.{1,128}$/s, 'this must be one or several names, separated by commas');

/** What both questions filter by. */
const filters = {
  from: z.optional(instant),
  to: z.optional(instant),
  /** Models that served. */
  model: names,
  key: listOf(/^[0-9A-Za-z]{12}$/, 'a key id has 12 letters and digits'),
  rule: names,
  tier: names,
  stage: names,
  status: listOf(/^[1-5](xx|\d\d)$/, 'this must be a status or a class such as 4xx'),
};

/** Parameters of `GET /admin/usage`; also of its exports, which add their own. */
export const usageParameters = {
  ...filters,
  tz: z.optional(timezone),
  bucket: z.optional(z.enum(Object.keys(BUCKET_MS) as [Bucket, ...Bucket[]])),
  by: z._default(z.enum([...DIMENSIONS, ...LABELS]), 'model'),
};
/** What only the answer to look at knows beside them. */
export const chartParameters = { stack: z.optional(z.enum(DIMENSIONS)), compare: z.optional(z.enum(['previous'])) };
const usageSchema = z.strictObject({ ...usageParameters, stack: chartParameters.stack });
export type UsageParameters = z.infer<typeof usageSchema>;

/** Filters of `GET /admin/requests`; also of its exports. */
export const requestFilters = {
  ...filters,
  requestedModel: names,
  session: z.optional(z.string().check(z.minLength(1), z.maxLength(256))),
  /** Only what counts as an error. */
  errors: z.optional(z.pipe(z.enum(['true', 'false']), z.transform((text) => text === 'true'))),
  /** A request id or a part of one. */
  id: z.optional(z.string().check(z.regex(/^[0-9A-Za-z]{1,26}$/, 'this must be a request id or a part of one'))),
  minLatencyMs: z.optional(wholeNumber(0, 999_999_999)),
  minCostMicros: z.optional(wholeNumber(0, 999_999_999)),
};
const requestSchema = z.strictObject(requestFilters);
export type RequestFilters = z.infer<typeof requestSchema>;

/** A checked question with its defaults: the last day. Throws `AdminError` for a range that is reversed, too long or too finely cut. */
export function usageRequest({ from, to, tz, bucket, by, stack, ...rest }: UsageParameters, { nowMs, tenantZone, withUnknown }: Pick<UsageRequest, 'nowMs' | 'tenantZone' | 'withUnknown'>): UsageRequest {
  const range = checkedRange(from, to, nowMs, USAGE_RANGE_MS);
  const spanMs = range.to - range.from;
  const size = bucket ?? bucketFor(spanMs);
  if (spanMs / BUCKET_MS[size] > MAX_POINTS) throw new AdminError('invalid_request', 'The range has too many buckets of this size.', { field: 'bucket' });
  return { ...range, bucket: size, by, ...(stack && { stack }), tz: tz ?? tenantZone, tenantZone, nowMs, withUnknown, filters: rest };
}

/** A checked question with its defaults: the last 30 days. Throws `AdminError` as above. */
export function requestsQuery({ from, to, id, ...rest }: RequestFilters, nowMs: number): RequestsQuery {
  return { ...rest, nowMs, ...checkedRange(from, to, nowMs, REQUESTS_RANGE_MS), ...(id !== undefined && { id: id.toUpperCase() }) };
}

function checkedRange(from: number | undefined, to: number | undefined, nowMs: number, defaultMs: number): { from: number; to: number } {
  const end = to ?? nowMs;
  const start = from ?? end - defaultMs;
  if (start > end) throw new AdminError('invalid_request', 'The range ends before it begins.', { field: 'to' });
  if (end - start > MAX_RANGE_MS) throw new AdminError('invalid_request', 'A range is at most 400 days.', { field: 'from' });
  return { from: start, to: end };
}
