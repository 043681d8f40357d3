/** Function words that hardly occur in another of these languages; the language with the most hits wins. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  en: ['the', 'and', 'is', 'are', 'what', 'how', 'with', 'for', 'this', 'that', 'please', 'of', 'to', 'you', 'my', 'write', 'a'],
  es: ['el', 'los', 'las', 'una', 'qué', 'cómo', 'para', 'por', 'con', 'que', 'es', 'del', 'cuál', 'un', 'y', 'escribe'],
  de: ['der', 'die', 'das', 'und', 'ist', 'ein', 'eine', 'wie', 'was', 'mit', 'für', 'nicht', 'ich', 'bitte', 'von', 'zu'],
  fr: ['le', 'les', 'une', 'est', 'quelle', 'comment', 'pour', 'avec', 'dans', 'et', 'des', 'du', 'je', 'vous', 'écris', 'quel'],
  pt: ['uma', 'não', 'você', 'para', 'com', 'como', 'qual', 'são', 'os', 'em', 'do', 'da', 'escreva', 'é'],
  it: ['il', 'gli', 'che', 'una', 'come', 'per', 'con', 'di', 'è', 'sono', 'scrivi', 'qual', 'della'],
};
const LOOKUP = new Map<string, string[]>();
for (const [language, words] of Object.entries(WORDS)) for (const word of words) LOOKUP.set(word, [...(LOOKUP.get(word) ?? []), language]);

const SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ['ko', /[\uac00-\ud7af\u1100-\u11ff]/g], ['ja', /[\u3040-\u30ff]/g], ['zh', /[\u4e00-\u9fff]/g], ['ru', /[\u0400-\u04ff]/g],
  ['ar', /[\u0600-\u06ff]/g], ['hi', /[\u0900-\u097f]/g], ['th', /[\u0e00-\u0e7f]/g], ['el', /[\u0370-\u03ff]/g], ['he', /[\u0590-\u05ff]/g],
];

/** ISO 639-1 code of the main language of `text` (its first 1,000 characters), or `other`. By script first, then by function words. */
export function languageOf(text: string): string {
  const sample = text.slice(0, 1_000);
  const letters = sample.match(/\p{L}/gu)?.length ?? 0;
  if (letters === 0) return 'other';
  for (const [language, script] of SCRIPTS) {
    const hits = sample.match(script)?.length ?? 0;
    // Japanese mixes kana with Chinese characters; a fifth of kana settles it.
    if (hits >= letters * (language === 'ja' ? 0.15 : 0.3)) return language;
  }
  const votes = new Map<string, number>();
  for (const word of sample.toLowerCase().match(/\p{L}+/gu) ?? []) for (const language of LOOKUP.get(word) ?? []) votes.set(language, (votes.get(language) ?? 0) + 1);
  const [best] = [...votes].toSorted((a, b) => b[1] - a[1]);
  return best === undefined ? 'other' : best[0];
}
