import * as z from 'zod/mini';
import { text } from '../../app/search.ts';

/** `from` = the id of a logged request whose kind of request is tried again. */
export const routingTestSearch = z.object({ from: text() });
