const MAX_NAME = 200;

/**
 * A document's name in Bedrock's alphabet (API reference, "DocumentBlock": letters, digits, single blanks, hyphens, parentheses, square
 * brackets; at most 200), without the extension, and unlike every name given before, which Bedrock demands of one request. The
 * same documents in the same order get the same names.
 */
export function documentName(wish: string | undefined, taken: Set<string>): string {
  const plain = (wish ?? '').slice(0, 4 * MAX_NAME).replace(/\.[A-Za-z0-9]{1,5}$/, '').replace(/[^A-Za-z0-9()[\]-]+/g, ' ').trim().slice(0, MAX_NAME - 10).trimEnd();
  const name = plain === '' ? 'document' : plain;
  let unique = name;
  for (let again = 2; taken.has(unique); again += 1) unique = `${name} (${again})`;
  taken.add(unique);
  return unique;
}
