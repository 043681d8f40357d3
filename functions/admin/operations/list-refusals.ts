import * as z from 'zod/mini';
import { refusalsAnswer } from '../../contract/admin/refusals.ts';
import { AdminError } from '../errors.ts';
import { operation } from '../operation.ts';
import { instant } from '../query.ts';
import { refusalSamples } from '../usage/refusals.ts';
import { scopeOf } from '../usage/scope.ts';

const DAY_MS = 86_400_000;
const MAX_RANGE_MS = 400 * DAY_MS;

export const listRefusals = operation({
  summary: 'The last twenty requests that were turned away before they were admitted, newest first; of the last day unless told otherwise. How many there were says GET /admin/usage.',
  query: z.strictObject({ from: z.optional(instant), to: z.optional(instant) }), answer: refusalsAnswer,
}, async ({ ports, caller, query: { from, to }, nowMs }) => {
  const toMs = to ?? nowMs;
  const fromMs = from ?? toMs - DAY_MS;
  if (fromMs > toMs) throw new AdminError('invalid_request', 'The range ends before it begins.', { field: 'to' });
  if (toMs - fromMs > MAX_RANGE_MS) throw new AdminError('invalid_request', 'A range is at most 400 days.', { field: 'from' });
  return { body: { items: await refusalSamples(ports.store, scopeOf(caller, ports), { fromMs, toMs }), nextCursor: null } };
});
