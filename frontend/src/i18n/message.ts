/** A text with `{placeholders}`, or one per plural category of the language, chosen by the parameter `count`. */
export interface Plural { readonly one?: string; readonly other: string }
export type Message = string | Plural;
export interface Messages { readonly [key: string]: Message }

type NamesIn<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never;
type NamesOf<M> = M extends string ? NamesIn<M> : 'count' | { [Form in keyof M]: NamesIn<M[Form]> }[keyof M];

/** What `t` must be given beside the key: nothing where the message has no placeholders. `V` = what may stand in one. */
export type Params<M, V> = [NamesOf<M>] extends [never] ? [] : [params: { readonly [Name in NamesOf<M> & string]: Name extends 'count' ? number : V }];

/** A page's texts: in English, which is always there, under the id by which other languages are found. */
export interface Section<E extends Messages = Messages> { readonly id: SectionId; readonly en: E }

/** The same keys in another language; a missing or foreign one does not compile. */
export type TranslationOf<S extends Section> = { readonly [K in keyof S['en']]: S['en'][K] extends string ? string : Plural };

export type SectionId = 'codes' | 'shell' | 'ui' | 'login' | 'overview' | 'rules' | 'models' | 'routingTest' | 'analytics' | 'keys' | 'audit' | 'settings' | 'trace';

export const section = <const E extends Messages>(id: SectionId, en: E): Section<E> => ({ id, en });

/** Fills a message in: placeholders that are not given stay visible, so that a mistake is seen. */
export function fill(message: Message, params: Readonly<Record<string, unknown>>, locale: string): readonly unknown[] {
  const text = typeof message === 'string' ? message : message[new Intl.PluralRules(locale).select(Number(params['count'])) === 'one' ? 'one' : 'other'] ?? message.other;
  return text.split(/\{(\w+)\}/).map((part, index) => {
    if (index % 2 === 0) return part;
    const value = params[part];
    return value === undefined ? `{${part}}` : typeof value === 'number' ? new Intl.NumberFormat(locale).format(value) : value;
  });
}
