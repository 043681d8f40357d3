import { config as schema, type Config } from '../../functions/contract/config.ts';
import { firstIssue, pointerOf } from '../../functions/contract/issue.ts';
import { StartError } from './command-line.ts';
import { jsonErrorPosition } from './json-position.ts';

export type ConfigPath = readonly (string | number)[];

/** Refuses the config file: where (RFC 6901 pointer, empty = the document itself) and one sentence. */
export function wrongConfig(path: ConfigPath, sentence: string): never {
  throw new StartError(`The config file is wrong at ${path.length === 0 ? 'its top level' : pointerOf(path)}: ${sentence}`);
}

/**
 * Reads the config document. Guarantees its shape, with every default filled in; what its values mean
 * together is `checkConfig`'s. Throws `StartError` with line and column, or with the pointer of the first wrong field.
 */
export function readConfig(text: string): Config {
  const document = parseJson(text.startsWith('\uFEFF') ? text.slice(1) : text);
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const { path, message } = firstIssue(parsed.error, document);
  return wrongConfig(path, message);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const { line, column } = jsonErrorPosition(text) ?? { line: 1, column: 1 };
    // The parser's own message quotes the file, which may hold what should have stayed in the environment.
    throw new StartError(`The config file is not JSON: line ${line}, column ${column}.`);
  }
}
