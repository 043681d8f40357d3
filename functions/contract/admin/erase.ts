import * as z from 'zod/mini';

/** Exactly one of the two. `cursor` from the answer before continues where that stopped. */
export const eraseRequest = z.strictObject({
  keyId: z.optional(z.string().check(z.regex(/^[0-9A-Za-z]{12}$/, 'the id of a key'))), user: z.optional(z.string().check(z.minLength(1), z.maxLength(128))),
  cursor: z.optional(z.string().check(z.maxLength(1024))),
}).check(z.refine(({ keyId, user }) => (keyId === undefined) !== (user === undefined), 'name either keyId or user'));
/** `erased` rows held something about a person until now; `complete` false = call again with `cursor`. */
export const eraseAnswer = z.object({ looked: z.int(), erased: z.int(), complete: z.boolean(), cursor: z.nullable(z.string()) });
