import { expect, test } from '@jest/globals';
import { inOrder, seriesColors } from '../../frontend/src/features/analytics/names.ts';
import { colorsOf } from '../../frontend/src/ui/chart/colors.ts';

test('tiers stand in their order, whichever is the largest; other groups stay as the report has them', () => {
  const ids = (by: string, ...groups: string[]): string[] => inOrder(by, groups.map((id) => ({ id }))).map(({ id }) => id);
  expect(ids('tier', 'moderate', 'none', 'simple', 'complex')).toEqual(['simple', 'moderate', 'complex', 'none']);
  expect(ids('model', 'b', 'a')).toEqual(['b', 'a']);
});

test('a model has one colour on every page, and what is no model is grey', () => {
  const models = ['demo-strong', 'demo-cheap', 'none', 'other'];
  expect(seriesColors('model', models)).toEqual(models.map(colorsOf(models)));
  expect(seriesColors('model', models).slice(2)).toEqual(['var(--tier-none)', 'var(--tier-none)']);
  expect(new Set(seriesColors('key', ['a', 'b', 'c'])).size).toBe(3);
});
