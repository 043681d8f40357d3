import * as z from 'zod/mini';

/** A page of a list; `nextCursor` null = the end. */
export const listOf = <T extends z.ZodMiniType>(item: T) => z.object({ items: z.array(item), nextCursor: z.nullable(z.string()) });

export const role = z.enum(['viewer', 'member', 'admin', 'owner']);
