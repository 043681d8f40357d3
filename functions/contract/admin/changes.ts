import * as z from 'zod/mini';

const text = z.string();

/** One audit event as the admin API shows it. */
export const auditEvent = z.object({
  eventId: text, tenantId: text, seq: z.int(), at: text,
  actor: z.object({ userId: text, name: text, via: z.enum(['person', 'token', 'config', 'system']), sourceIp: z.optional(text) }),
  action: text, target: z.object({ type: text, id: text, name: z.optional(text) }),
  before: z.nullable(z.looseObject({})), after: z.nullable(z.looseObject({})),
  requestId: text, prevHash: text, hash: text,
});
