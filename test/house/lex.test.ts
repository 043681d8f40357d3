import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { importsOf, tokens, type ImportFound } from './lex.ts';

const imports = (source: string): ImportFound[] => importsOf(tokens(source));
const one = (source: string): ImportFound | undefined => imports(source)[0];

describe('the import scanner', () => {
  test.each<[string, Partial<ImportFound>]>([
    [`import { a, b as c } from './x.ts';`, { specifier: './x.ts', names: ['a', 'b'], typeOnly: false }],
    [`import type { A } from './x.ts';`, { specifier: './x.ts', names: ['A'], typeOnly: true }],
    [`import { type A, type B } from "./x.ts"`, { names: ['A', 'B'], typeOnly: true }],
    [`import { type A, b } from './x.ts'`, { names: ['A', 'b'], typeOnly: false }],
    [`import * as z from 'zod/mini'`, { specifier: 'zod/mini', names: ['*'], typeOnly: false }],
    [`import type * as z from 'zod/mini'`, { typeOnly: true }],
    [`import fs, { type Stats } from 'node:fs'`, { names: ['default', 'Stats'], typeOnly: false }],
    [`import type from './type.ts'`, { names: ['default'], typeOnly: false }],
    [`import './effect.ts'`, { specifier: './effect.ts', names: [], typeOnly: false }],
    [`export { a } from './x.ts'`, { specifier: './x.ts', names: ['a'] }],
    [`export * from './x.ts'`, { specifier: './x.ts', names: ['*'], typeOnly: false }],
    [`export * as all from './x.ts'`, { specifier: './x.ts' }],
    [`export type { A } from './x.ts'`, { typeOnly: true }],
    [`const x = await import('./x.ts')`, { specifier: './x.ts', typeOnly: false }],
    [`const x = require("net")`, { specifier: 'net' }],
    [`await import(name)`, { specifier: undefined }],
    ['x = `${await import("./x.ts")}`', { specifier: './x.ts' }],
    ['x = `a ${ { b: `}` } } c`; import "./x.ts"', { specifier: './x.ts' }],
    [`x = a / b; import './x.ts'; y = c / d`, { specifier: './x.ts' }],
    [`const re = /['"\`/[\\]]/; import './x.ts'`, { specifier: './x.ts' }],
  ])('finds the import in: %s', (source, expected) => {
    expect(imports(source)).toHaveLength(1);
    expect(one(source)).toMatchObject(expected);
  });

  test.each([
    `// import { a } from './x.ts'`, `/* import './x.ts' */`, `const s = "import './x.ts'"`, '`import "./x.ts"`', `const re = /import '.\\/x.ts'/`,
    `const a = 1; export { a };`, `export type A = { from: 'x' };`, `export const b = 'x';`, `import.meta.url`, `node.import('./x.ts')`, `export type { A };`,
  ])('finds no import in: %s', (source) => {
    expect(imports(source)).toEqual([]);
  });

  test('no text inside a string, template or comment hides or invents an import', () => {
    const plain = fc.string({ unit: fc.constantFrom("'", '"', '`', '\n', '*/', '//', '${', '}', '{', '\\', 'import ', "from 'y'", ' a') });
    fc.assert(fc.property(plain, plain, plain, (inString, inTemplate, inComment) => {
      const template = inTemplate.replaceAll(/[\\`$]/g, '\\$&');
      const source = `const s = ${JSON.stringify(inString)};\nconst t = \`${template}\`;\n/*${inComment.replaceAll('*/', '')}*/\nimport { a } from './x.ts';`;
      expect(imports(source)).toEqual([{ specifier: './x.ts', names: ['a'], typeOnly: false }]);
    }));
  });
});
