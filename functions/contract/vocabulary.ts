import * as z from 'zod/mini';

export * from './words.ts';

/** A model id, alias or requested name. A model id may end in one `*` after a slash (wildcard models). */
export const name = z.string().check(z.minLength(1), z.maxLength(128), z.regex(/^[A-Za-z0-9._:/@-]+$/, 'only letters, digits and . _ : / @ - are allowed'));
export const modelId = z.string().check(z.minLength(1), z.maxLength(128), z.regex(/^[A-Za-z0-9._:/@-]+\*?$/, 'only letters, digits and . _ : / @ - are allowed, with one trailing * for a wildcard model'));
export const glob = z.string().check(z.minLength(1), z.maxLength(128), z.regex(/^[A-Za-z0-9._:/@*?-]+$/, 'only letters, digits, . _ : / @ - and the wildcards * and ? are allowed'));
/** `model:<id>`, `tier:<name>` or `auto`. */
export const target = z.string().check(z.regex(/^(auto|tier:(simple|moderate|complex)|model:[A-Za-z0-9._:/@-]+)$/, 'a target is auto, tier:simple|moderate|complex or model:<id>'));
export type Target = string;
