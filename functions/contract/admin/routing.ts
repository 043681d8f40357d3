import * as z from 'zod/mini';
import { routing } from '../routing.ts';

/** Something that is probably not meant so: where (RFC 6901 pointer into the document) and why. */
export const routingWarning = z.object({ pointer: z.string(), message: z.string() });

export const routingAnswer = z.object({ version: z.int(), document: z.looseObject({}), warnings: z.array(routingWarning) });
export const routingVersionInfo = z.object({ version: z.int(), at: z.string(), author: z.string() });
export const routingVersionAnswer = z.extend(routingVersionInfo, { document: z.looseObject({}) });

export { routing as routingPut };
export const routingRollback = z.strictObject({ version: z.int().check(z.positive()) });
