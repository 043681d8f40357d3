import { useNavigate } from '@tanstack/react-router';
import type { UsageAnswer } from '../../api/types.ts';
import type { RangeSearch } from '../../app/range.ts';
import { useFormat } from '../../format/use-format.ts';
import { overview } from '../../i18n/en/overview.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Card } from '../../ui/card.tsx';
import { colorsOf } from '../../ui/chart/colors.ts';
import { HBars, type HBar } from '../../ui/chart/h-bars.tsx';
import { Money } from '../../ui/values.tsx';

const SHOWN = 5;

/** The five dearest models and the rest together. */
export function SpendByModel({ usage: { breakdown, totals }, range }: { readonly usage: UsageAnswer; readonly range: RangeSearch }) {
  const t = useT(overview);
  const f = useFormat();
  const navigate = useNavigate();
  const models = breakdown.filter(({ id, costMicros }) => id !== 'none' || costMicros > 0).toSorted((a, b) => b.costMicros - a.costMicros);
  const rest = models.slice(SHOWN).reduce((sum, { costMicros }) => sum + costMicros, 0);
  const colorOf = colorsOf(breakdown.map(({ id }) => id ?? 'none'));
  const share = (micros: number): string => f.percent(totals.costMicros > 0 ? micros / totals.costMicros : 0);
  const bars: HBar[] = models.slice(0, SHOWN).map(({ id, costMicros, unpriced, requests }) => ({
    id: id ?? 'none', name: id === 'none' || id === null ? t('nobody') : id, value: costMicros, color: colorOf(id ?? 'none'), ...(unpriced < requests && { share: share(costMicros) }),
    text: <Money micros={unpriced === requests && requests > 0 ? null : costMicros} />,
    onOpen: () => { void navigate({ to: '/audit', search: { ...range, model: [id ?? 'none'] } }); },
  }));
  if (models.length > SHOWN) bars.push({ id: 'other', name: t('other'), value: rest, text: <Money micros={rest} />, share: share(rest), color: colorOf('other') });
  return <Card title={t('spend')}>{bars.length === 0 ? <p className="muted">{t('spendNone')}</p> : <HBars label={t('spend')} bars={bars} />}</Card>;
}
