import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ko } from '../../frontend/src/i18n/ko/index.ts';
import { fill, type Message, type Section } from '../../frontend/src/i18n/message.ts';
import { UNUSED, withoutUnused } from '../../frontend/amplify-styles.ts';

const SRC = join(import.meta.dirname, '..', '..', 'frontend', 'src');
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/')).filter((path) => /\.tsx?$/.test(path));
const code = files.filter((path) => !path.startsWith('i18n/')).map((path) => readFileSync(join(SRC, path), 'utf8')).join('\n');

const sections: Section[] = await Promise.all(files.filter((path) => path.startsWith('i18n/en/')).map(async (path) => Object.values((await import(join(SRC, path))) as Record<string, Section>)[0] as Section));
const texts = (message: Message): string[] => (typeof message === 'string' ? [message] : Object.values(message));
const placeholders = (message: Message): string[] => [...new Set(texts(message).flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')))].toSorted();

describe.each(sections.map((section) => [section.id, section] as const))('the texts of "%s"', (id, { en }) => {
  test('have the same keys and placeholders in Korean, and none is empty', () => {
    const korean = ko[id];
    expect(Object.keys(korean)).toEqual(Object.keys(en));
    for (const [key, message] of Object.entries(en)) {
      const other = korean[key] ?? '';
      for (const text of [...texts(message), ...texts(other)]) expect(text.trim()).not.toBe('');
      // `one` may do without its number.
      expect({ key, names: placeholders(other).filter((name) => name !== 'count') }).toEqual({ key, names: placeholders(message).filter((name) => name !== 'count' && texts(other).length > 0 && (typeof message === 'string' || placeholders(message.other).includes(name))) });
    }
  });

  test('put no Korean particle behind a placeholder, whose last sound nobody knows', () => {
    for (const message of Object.values(ko[id])) for (const text of texts(message)) expect(text).not.toMatch(/\{(?!count|have|needed|total|least|most)\w+\}(?:은|는|이|가|을|를|와|과|로|으로)(?=[\s.,]|$)/);
  });

  test('are all used', () => {
    // Keys may be put together from parts: then a template of the code must cover them.
    const templates = [...code.matchAll(/`(\w*)\$\{[^`]*?\}(\w*)`/g)].map(([, start, end]) => new RegExp(`^${start}\\w+${end}$`)).filter(({ source }) => source !== '^\\w+$');
    const unused = Object.keys(en).filter((key) => !new RegExp(`['"\`]${key}['"\`]`).test(code) && !templates.some((template) => template.test(key)));
    expect(unused.filter((key) => !SHARED.has(key))).toEqual([]);
  });
});

/** Words of the kit that pages use, and what only an answer of the API names. */
const SHARED = new Set(['saving', 'total', 'rule_never_matched']);

describe('a message', () => {
  test('chooses its plural by the language and writes its number in it', () => {
    const message = { one: '{count} key', other: '{count} keys' };
    expect(fill(message, { count: 1 }, 'en').join('')).toBe('1 key');
    expect(fill(message, { count: 1_200 }, 'en').join('')).toBe('1,200 keys');
    expect(fill({ other: '키 {count}개' }, { count: 1 }, 'ko-KR').join('')).toBe('키 1개');
  });

  test('shows a placeholder that was not given', () => {
    expect(fill('Hello {name}', {}, 'en').join('')).toBe('Hello {name}');
  });
});

describe('Amplify\'s style sheet', () => {
  const used = [...code.matchAll(/import \{([^}]*)\} from '@aws-amplify\/ui-react'/g)].flatMap((match) => (match[1] ?? '').split(',').map((name) => name.trim().split(' as ')[0]?.toLowerCase() ?? '')).filter(Boolean);

  test('loses no component that the kit uses', () => {
    expect(used.length).toBeGreaterThan(5);
    expect(used.filter((name) => UNUSED.includes(name))).toEqual([]);
  });

  test('loses rules and variables of unused components and nothing else', () => {
    const css = '@layer amplify{:root{--amplify-components-tabs-color:red;--amplify-components-table-x:1;--amplify-components-text-color:blue}.amplify-tabs{a:b}.amplify-tabs__item,.amplify-text{c:d}@media print{.amplify-table{e:f}}.amplify-textfield{g:h}.amplify-button--primary--error{i:j}.amplify-button--primary:hover{k:l}}';
    expect(withoutUnused(css)).toBe('@layer amplify{:root{--amplify-components-text-color:blue;}.amplify-text{c:d;}.amplify-textfield{g:h;}.amplify-button--primary:hover{k:l;}}');
  });
});
