import { useQuery } from '@tanstack/react-query';
import { keysQuery } from '../../api/keys.ts';
import { useMay } from '../../api/me.ts';
import { modelsQuery } from '../../api/models.ts';
import { routingQuery } from '../../api/routing.ts';
import { analytics } from '../../i18n/en/analytics.ts';
import { useT } from '../../i18n/use-t.tsx';
import { useStageName, useTierName } from '../../ui/badge.tsx';
import type { Filter } from '../../ui/filter-bar.tsx';
import { FILTERS, type FilterName } from './ask.ts';
import { useGroupName, useGroupHeading } from './names.ts';

type Chosen = { readonly [name in FilterName]?: readonly string[] | undefined };
/** Groups of a report that may be chosen though no list of the admin API has them, such as models that are gone. */
interface Seen { readonly by: string; readonly groups: readonly { readonly id: string | null; readonly name: string | null }[] }

/** The filters that usage and requests have in common, with their choices. A viewer, who may not read the lists, chooses from what the page shows. */
export function useFilters(chosen: Chosen, seen?: Seen): Filter[] {
  const t = useT(analytics);
  const titleOf = useGroupHeading();
  const nameOf = useGroupName();
  const tierName = useTierName();
  const stageName = useStageName();
  const isMember = useMay('member');
  const models = useQuery({ ...modelsQuery, enabled: isMember }).data ?? [];
  const keys = useQuery({ ...keysQuery, enabled: isMember }).data ?? [];
  const patterns = useQuery({ ...routingQuery, enabled: isMember }).data?.document.patterns ?? [];
  const known: Readonly<Record<FilterName, readonly { readonly value: string; readonly label: string }[]>> = {
    model: models.map(({ id }) => ({ value: id, label: id })),
    key: keys.map(({ id, name, revokedAt }) => ({ value: id, label: revokedAt === null ? name : t('revokedKey', { name }) })),
    rule: patterns.map(({ id, name }) => ({ value: id, label: name ?? id })),
    tier: [...['simple', 'moderate', 'complex'].map((value) => ({ value, label: tierName(value) })), { value: 'none', label: t('noTier') }],
    stage: ['passthrough', 'alias', 'pattern', 'auto'].map((value) => ({ value, label: stageName(value) })),
    status: ['2xx', '4xx', '5xx'].map((value) => ({ value, label: nameOf('status', value) })),
  };
  return FILTERS.map((id) => {
    const options = [...known[id]];
    const also = [...(seen?.by === id ? seen.groups : []).flatMap((group) => (group.id === null || group.id === 'other' ? [] : [{ value: group.id, label: nameOf(id, group.id, group.name) }])), ...(chosen[id] ?? []).map((value) => ({ value, label: nameOf(id, value) }))];
    for (const option of also) if (!options.some(({ value }) => value === option.value)) options.push(option);
    return { id, name: titleOf(id), options, chosen: chosen[id] ?? [] };
  });
}

