/** Requests to begin with; the words of a request are the same in every language of the dashboard. */
export const EXAMPLES = {
  exampleHello: 'Hello!',
  exampleCode: 'Write a quicksort in Python with type hints and explain its worst case.',
  exampleReview: 'Review this code for security problems and design a safer token store.\n\n```python\nimport pickle\n\ndef load(path):\n    return pickle.load(open(path, "rb"))\n```',
  exampleKorean: '분산 데이터베이스에서 합의 알고리즘의 안전성을 증명하고 장애 상황별 설계를 비교해 줘.',
  exampleLong: `Summarise the following report.\n\n${'The committee reviewed the results of the quarter, compared them with the plan, and noted where they differ. '.repeat(160)}`,
} as const;
export type Example = keyof typeof EXAMPLES;
/** In the order in which they are offered. */
export const EXAMPLE_NAMES: readonly Example[] = ['exampleHello', 'exampleCode', 'exampleReview', 'exampleKorean', 'exampleLong'];
