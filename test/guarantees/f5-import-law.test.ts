import { expect, test } from '@jest/globals';
import { breaches } from '../house/import-law.ts';
import { sources } from '../house/tree.ts';
import { figure } from '../support/figure.ts';

test('guarantee F5: the tree obeys the import law, so only the outbound door, the store, the vault and the exporter of traces can reach the network', () => {
  const files = sources('functions', 'infra', 'frontend');
  expect(files.size).toBeGreaterThan(20);
  expect(breaches(files)).toEqual([]);
  figure('F5', `${files.size} files: 0 breaches`);
});
