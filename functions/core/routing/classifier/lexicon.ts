/**
 * Words that tell what a request asks for, by language. Word lists are stems: a match begins at a word boundary and may
 * run on (`architect` → `architecture`), except in scripts without spaces, where any occurrence counts. Stems are long
 * enough not to begin an unrelated common word.
 */
export interface Lexicon {
  readonly words: readonly string[];
  readonly anywhere: readonly string[];
  /** Words must also end at a word boundary (`hi` is not the start of `history`). */
  readonly whole?: boolean;
}

/** Design, proof, analysis and trade-offs: work where a strong model earns its price. */
export const DEEP: Lexicon = {
  words: [
    'architect', 'design a', 'design an', 'scalab', 'distributed', 'trade-off', 'tradeoff', 'consistency', 'fault-toleran', 'concurren', 'prove', 'proof', 'theorem', 'lemma',
    'derive', 'rigorous', 'formal', 'generalis', 'generaliz', 'optimis', 'optimiz', 'complexity', 'analy', 'evaluate', 'critique', 'compare and', 'strategy', 'refactor', 'migrat',
    'irrational', 'asymptotic', 'multi-step', 'root cause', 'race condition', 'deadlock', 'security review', 'threat model', 'comprehensive', 'in depth', 'in-depth', 'latency',
    // Spanish, Portuguese, Italian
    'arquitect', 'diseñ', 'escalab', 'compensacion', 'consistenci', 'demuestr', 'demostr', 'teorema', 'generaliz', 'irracional', 'latencia', 'analiz', 'optimiz', 'prueba que', 'arquitet', 'dimostra',
    // German
    'entwirf', 'entwerf', 'architektur', 'skalierbar', 'kompromiss', 'konsistenz', 'beweis', 'verallgemeiner', 'irrational', 'latenz', 'analysier', 'optimier',
    // French
    'conçoi', 'concevoir', 'concevez', 'évolutive', 'compromis', 'cohérence', 'démontre', 'prouve', 'généralis', 'irrationnel', 'latence', 'analyse',
  ],
  anywhere: [
    '설계', '아키텍처', '확장 가능', '확장성', '절충', '트레이드오프', '일관성', '지연', '증명', '무리수', '일반화', '분석', '최적화',
    '設計', 'アーキテクチャ', 'スケーラブル', '拡張性', 'トレードオフ', '整合性', '一貫性', 'レイテンシ', '遅延', '証明', '無理数', '一般化', '分析', '最適化',
    '设计', '架构', '可扩展', '权衡', '一致性', '延迟', '证明', '无理数', '推广', '优化',
  ],
};

/** Making something of some size: code, an implementation, a document. */
export const MAKE: Lexicon = {
  words: [
    'implement', 'write a function', 'write a program', 'write code', 'write a script', 'build', 'develop', 'debug', 'fix', 'algorithm', 'function', 'unit test', 'regex', 'query', 'essay', 'report', 'plan',
    'explain how', 'explain why', 'step by step', 'solve', 'calculate', 'compute',
    'implementa', 'algoritmo', 'función', 'depur', 'implementier', 'algorithmus', 'funktion', 'schreibe ein', 'implémente', 'algorithme', 'fonction',
  ],
  anywhere: ['구현', '알고리즘', '함수', '디버', '作成', '実装', 'アルゴリズム', '関数', 'デバッグ', '实现', '算法', '函数', '调试'],
};

/** Parts of a demanding request: each one named is one more thing to get right. */
export const DEMANDS: Lexicon = {
  words: [
    'payment', 'transaction', 'system', 'requirement', 'constraint', 'must', 'edge case', 'production', 'high availability', 'throughput', 'correctness', 'pagos', 'sistema', 'debe', 'zahlung', 'system',
    'paiement', 'système', 'doit',
  ],
  anywhere: ['결제', '시스템', '요구', '決済', '支払', 'システム', '要件', '支付', '系统', '要求'],
};

/** Small talk: says that little is asked for, if little else is said. */
export const SMALL_TALK: Lexicon = {
  words: ['hello', 'hi', 'hey', 'thanks', 'thank you', 'ok', 'okay', 'good morning', 'bye', 'great', 'cool', 'hola', 'gracias', 'buenos', 'hallo', 'danke', 'bonjour', 'merci', 'salut', 'obrigad', 'ciao', 'grazie'],
  anywhere: ['안녕', '고마', '감사', 'こんにちは', 'ありがと', 'こんばんは', '你好', '谢谢'],
  whole: true,
};

export type Counter = (text: string) => number;

/** Counts how many different entries of a lexicon occur in a lower-cased text. One compiled alternation, no nesting, linear. */
export function counterOf({ words, anywhere, whole = false }: Lexicon): Counter {
  const escaped = (list: readonly string[]): string => [...new Set(list)].map((word) => word.replace(/[\\^$*+?.()|[\]{}]/g, '\\$&')).join('|');
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped(words)})${whole ? '(?![\\p{L}\\p{N}])' : ''}|(?:${escaped(anywhere)})`, 'gu');
  return (text) => new Set(text.match(pattern)).size;
}
