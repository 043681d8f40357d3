import * as z from 'zod/mini';
import { PRESETS } from './range.ts';
import { lenient } from './search.ts';

const isInstant = (text: string): boolean => /^\d{4}-\d\d-\d\dT/.test(text) && Number.isFinite(Date.parse(text));

/** The parameters of the address that every page with a time range has. What is not valid is as if it were not there. */
export const rangeSearch = {
  range: lenient(z.enum(PRESETS)),
  from: lenient(z.string().check(z.refine(isInstant))),
  to: lenient(z.string().check(z.refine(isInstant))),
  tz: lenient(z.enum(['local', 'utc'])),
};
