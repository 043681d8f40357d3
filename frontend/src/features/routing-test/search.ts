import * as z from 'zod/mini';
import { flag, lenient } from '../../app/search.ts';

/** `from` = the id of a logged request whose kind of request is tried again; `draft` = under the unsaved rules. */
export const routingTestSearch = z.object({ from: lenient(z.string().check(z.regex(/^[0-9A-HJKMNP-TV-Z]{26}$/))), draft: flag() });
