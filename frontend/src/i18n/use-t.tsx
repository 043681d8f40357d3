import { Fragment, useMemo, type ReactNode } from 'react';
import { formatLocale, textsOf, useLocale } from './locale.ts';
import { fill, type Messages, type Params, type Section } from './message.ts';

export interface T<E extends Messages> {
  <K extends keyof E & string>(key: K, ...params: Params<E[K], string | number>): string;
  /** The same with elements in the placeholders. */
  rich<K extends keyof E & string>(key: K, ...params: Params<E[K], ReactNode>): ReactNode;
}

/** The texts of a section in the current language: `const t = useT(overview); t('title')`. */
export function useT<E extends Messages>(section: Section<E>): T<E> {
  const locale = useLocale();
  return useMemo(() => translator(section), [section, locale]);
}

/** For code that is no component; does not follow a change of language. */
export function translator<E extends Messages>(section: Section<E>): T<E> {
  const texts = textsOf(section.id) ?? section.en;
  const parts = (key: string, params: object = {}): readonly unknown[] => fill(texts[key] ?? section.en[key] ?? key, params as Record<string, unknown>, formatLocale());
  const t = (key: string, params?: object): string => parts(key, params).join('');
  const rich = (key: string, params?: object): ReactNode => parts(key, params).map((part, index) => <Fragment key={index}>{part as ReactNode}</Fragment>);
  return Object.assign(t, { rich }) as T<E>;
}
