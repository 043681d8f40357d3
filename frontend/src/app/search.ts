import * as z from 'zod/mini';
import { catch as orElse } from 'zod/mini';

/** Building blocks of the schemas in `features/PAGE/search.ts`. Whatever is not valid counts as not given: an address never breaks a page. */
export const lenient = <T extends z.ZodMiniType>(schema: T) => orElse(z.optional(schema), undefined);

const MOST = 512;
/** `?q=text`. */
export const text = () => lenient(z.string().check(z.minLength(1), z.maxLength(MOST)));
/** `?tab=one` of a few. */
export const oneOf = <const V extends string>(values: readonly [V, ...V[]]) => lenient(z.enum(values));
/** `?model=a,b`; in code a list. */
export const list = () => lenient(z.pipe(
  z.union([z.string(), z.array(z.string())]),
  z.pipe(z.transform((value: string | string[]) => (Array.isArray(value) ? value : value.split(',')).filter((part) => part !== '').slice(0, 50)), z.array(z.string().check(z.maxLength(MOST))).check(z.minLength(1))),
));
/** `?live=1`. */
export const flag = () => lenient(z.pipe(z.union([z.literal('1'), z.literal(true)]), z.transform(() => true as const)));
/** `?min=250`. */
export const whole = () => lenient(z.pipe(z.union([z.int(), z.string().check(z.regex(/^\d{1,9}$/))]), z.transform(Number)));

/** A query string as the router takes it: every value as it stands, no JSON. */
export const parseSearch = (query: string): Record<string, string> => Object.fromEntries(new URLSearchParams(query));

/** And back: lists with commas, `true` as 1, what is empty left out. */
export function stringifySearch(search: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    const written = Array.isArray(value) ? value.join(',') : value === true ? '1' : value === undefined || value === null || value === false ? '' : String(value);
    if (written !== '') query.set(name, written);
  }
  // Commas, colons and slashes are fine in a query and far easier to read as they are.
  return query.size === 0 ? '' : `?${query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%2F', '/')}`;
}

/** What a route validates its search with. */
export const searchOf = <T extends z.ZodMiniType>(schema: T) => (raw: Record<string, unknown>): z.output<T> => schema.parse(raw) as z.output<T>;
