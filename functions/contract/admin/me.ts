import * as z from 'zod/mini';
import { role } from './shared.ts';

export const meAnswer = z.object({
  user: z.object({ id: z.string(), name: z.string() }),
  /** null = belongs to no tenant yet, or to several and named none. */
  tenantId: z.nullable(z.string()),
  role: z.nullable(role),
  tenants: z.array(z.object({ id: z.string(), name: z.string(), role, timezone: z.string() })),
});
