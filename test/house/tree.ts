import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The TypeScript sources below the given folders of the tree, as `breaches` takes them. */
export function sources(...folders: readonly string[]): Map<string, string> {
  // A folder without files is not in a clone.
  const paths = folders.filter((folder) => existsSync(`${root}${folder}`)).flatMap((folder) => readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path.replaceAll('\\', '/')}`));
  return new Map(paths.filter((path) => /\.tsx?$/.test(path) && !path.includes('/node_modules/'))
    .map((path) => [path, withoutJsx(path, readFileSync(`${root}${path}`, 'utf8'))]));
}

/** JSX text is not code, so the scanner must not see it; type imports are kept as imports for the scanner to judge. */
function withoutJsx(path: string, source: string): string {
  if (path.endsWith('.ts')) return source;
  const kept = source.replaceAll(/^import type /gm, 'import ');
  return transformSync(kept, { loader: 'tsx', jsx: 'automatic', tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } } }).code;
}
