import { useSyncExternalStore } from 'react';
import type { Messages, SectionId } from './message.ts';

export type Locale = 'en' | 'ko';
export const LOCALES: readonly (readonly [Locale, string])[] = [['en', 'English'], ['ko', '한국어']];

const STORED = 'bsg.locale';
const listeners = new Set<() => void>();
let current: Locale = 'en';
let korean: typeof import('./ko/index.ts') | undefined;

/** The language that was chosen here before, else the browser's first one that we speak. */
function firstLocale(): Locale {
  const stored = localStorage.getItem(STORED);
  if (stored === 'en' || stored === 'ko') return stored;
  const known = navigator.languages.map((tag) => tag.slice(0, 2)).find((language) => language === 'en' || language === 'ko');
  return known === 'ko' ? 'ko' : 'en';
}

/** Loads what is needed and shows the page in that language. */
export async function setLocale(locale: Locale, remember = true): Promise<void> {
  if (locale === 'ko') korean ??= await import('./ko/index.ts');
  current = locale;
  if (remember) localStorage.setItem(STORED, locale);
  document.documentElement.lang = locale;
  for (const listener of listeners) listener();
}

export const startLocale = (): Promise<void> => setLocale(firstLocale(), false);

/** A section's texts in the current language. */
export const textsOf = (id: SectionId): Messages | undefined => (current === 'ko' ? korean?.ko[id] : undefined);

/** A sentence of the API in the current language, or as it is where nobody has translated it. */
export const sentenceText = (sentence: string): string => (current === 'ko' ? korean?.sentences[sentence] : undefined) ?? sentence;

/** A refusal of the API in the current language: by its sentence, else by its code; the API's own sentence where neither is known. */
export const refusalText = (code: string, sentence: string): string => (current === 'ko' ? korean?.sentences[sentence] ?? korean?.byCode[code] : undefined) ?? sentence;

/** What `Intl` is given: English as this browser's owner writes it (dates differ), else the language itself. */
export function formatLocale(): string {
  if (current === 'ko') return 'ko-KR';
  return navigator.languages.find((tag) => tag.startsWith('en')) ?? 'en';
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
};

export const useLocale = (): Locale => useSyncExternalStore(subscribe, () => current);
export const currentLocale = (): Locale => current;
