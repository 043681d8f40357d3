/** Version of the dense vector below; the heuristic's own vector is version 1. Stored with every ledger entry. */
export const PRIOR_FEATURES_VERSION = 2;

/**
 * The dense features of the trained prior, in the order of the stored vector. All are 0 for a request that says nothing of the
 * kind, so that base + contributions read as a sum. Never reorder: the ledger keeps the bare vector with its version.
 */
export const DENSE_FEATURES = [
  'code', 'error_trace', 'structured', 'tools', 'tool_count', // what the request brings along
  'length', 'short', 'long', 'lines', 'sentences', 'word_length', 'long_words', // size and texture
  'digits', 'numbers', 'options', 'list', 'questions', 'blanks', 'maths_signs', 'latex', 'operators', 'quotes', 'capitals', 'names', // what it is made of
  'design', 'prove', 'analyse', 'program', 'explain', 'create', 'edit', 'ask_fact', 'negation', // what is asked for
  'small_talk', 'everyday_question', // plainly simple
  'hangul', 'kana', 'han', 'accents', 'other_script', // script, as shares of the letters
  'not_english', 'unknown_words', 'attachments',
] as const;
export type DenseFeature = (typeof DENSE_FEATURES)[number];
export const denseAt = (name: DenseFeature): number => DENSE_FEATURES.indexOf(name);
