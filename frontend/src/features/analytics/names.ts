import { useStageName, useTierName } from '../../ui/badge.tsx';
import { codes } from '../../i18n/en/codes.ts';
import { analytics } from '../../i18n/en/analytics.ts';
import { useT } from '../../i18n/use-t.tsx';
import { colorsOf } from '../../ui/chart/colors.ts';
import { tierColor } from '../../ui/badge.tsx';
import type { Group } from './search.ts';

const STATUS_COLORS: Readonly<Record<string, string>> = { '2xx': 'var(--series-1)', '3xx': 'var(--series-2)', '4xx': 'var(--series-3)', '5xx': 'var(--bad)' };

/** What a group of a report is called: `id` as the API gives it, `name` where it knows a better one. */
export function useGroupName(): (by: string, id: string | null, name?: string | null) => string {
  const t = useT(analytics);
  const tierName = useTierName();
  const stageName = useStageName();
  return (by, id, name) => {
    if (id === 'other') return t('other');
    if (by === 'tier') return id === null || id === 'none' ? t('noTier') : tierName(id);
    if (id === null || id === 'none') return by === 'model' ? t('noModel') : by === 'rule' ? t('noRule') : by === 'user' ? t('noUser') : by === 'tag' ? t('noTag') : by === 'stage' ? t('noStage') : t('noneName');
    if (by === 'stage') return stageName(id);
    if (by === 'status') return id === '2xx' ? t('status2xx') : id === '3xx' ? t('status3xx') : id === '4xx' ? t('status4xx') : id === '5xx' ? t('status5xx') : id;
    return name ?? id;
  };
}

/** The colour of a group in charts. */
export function groupColor(by: string, id: string | null, place: number): string {
  if (id === 'other' || id === null || id === 'none') return 'var(--tier-none)';
  if (by === 'tier') return tierColor(id);
  if (by === 'status') return STATUS_COLORS[id] ?? 'var(--tier-none)';
  return `var(--series-${(place % 8) + 1})`;
}

const TIER_ORDER = ['simple', 'moderate', 'complex'];

/** Tiers from the cheapest up, as everywhere; anything else as the report has it, the largest first. */
export const inOrder = <T extends { readonly id: string }>(by: string, groups: readonly T[]): readonly T[] =>
  (by === 'tier' ? groups.toSorted((a, b) => rank(a.id) - rank(b.id)) : groups);
const rank = (id: string): number => (TIER_ORDER.includes(id) ? TIER_ORDER.indexOf(id) : TIER_ORDER.length);

/** Each series a colour of its own; a model has the one that it has on the other pages. */
export function seriesColors(by: string, ids: readonly string[]): readonly string[] {
  if (by === 'model') return ids.map(colorsOf(ids));
  const taken = new Set<string>();
  return ids.map((id, place) => {
    const wanted = groupColor(by, id, place);
    if (by === 'tier' || by === 'status' || wanted === 'var(--tier-none)') return wanted;
    const color = taken.has(wanted) ? Array.from({ length: 8 }, (_, i) => `var(--series-${i + 1})`).find((one) => !taken.has(one)) ?? wanted : wanted;
    taken.add(color);
    return color;
  });
}

/** An error code of the gateway in words; one that this version does not know stays as it is. */
export function useCodeName(): (code: string) => string {
  const t = useT(codes);
  return (code) => {
    const key = `code_${code}`;
    return key in codes.en ? t(key as keyof typeof codes.en) : code;
  };
}

/** A dimension inside a sentence ("Requests by model"). */
export function useGroupTitle(): (by: Group) => string {
  const t = useT(analytics);
  return (by) => t(`by_${by}`);
}

/** A dimension as a heading or a choice. */
export function useGroupHeading(): (by: Group) => string {
  const t = useT(analytics);
  return (by) => t(`dim_${by}`);
}
