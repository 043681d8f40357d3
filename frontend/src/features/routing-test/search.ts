import * as z from 'zod/mini';
import { flag, text } from '../../app/search.ts';

/** `from` = the id of a logged request whose kind of request is tried again; `draft` = under the unsaved rules. */
export const routingTestSearch = z.object({ from: text(), draft: flag() });
