import { useNavigate } from '@tanstack/react-router';
import type { UsageAnswer } from '../../api/types.ts';
import type { RangeSearch } from '../../app/range.ts';
import { useFormat } from '../../format/use-format.ts';
import { overview } from '../../i18n/en/overview.ts';
import { useT } from '../../i18n/use-t.tsx';
import { tierColor } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { StackedBars } from '../../ui/chart/stacked-bars.tsx';
import { pointsOf } from './points.ts';

const ORDER = ['simple', 'moderate', 'complex', 'none'] as const;

export function TierChart({ usage, range }: { readonly usage: UsageAnswer; readonly range: RangeSearch }) {
  const t = useT(overview);
  const f = useFormat();
  const navigate = useNavigate();
  const points = pointsOf(usage, f, Date.now());
  const groups = usage.stacked?.groups ?? [];
  const names = { simple: t('simple'), moderate: t('moderate'), complex: t('complex'), none: t('direct') };
  const series = ORDER.flatMap((id) => {
    const group = groups.find((one) => one.id === id);
    return group === undefined ? [] : [{ id, name: names[id], color: tierColor(id), values: group.requests }];
  });
  const pick = (point: number, tier: string | undefined): void => {
    void navigate({ to: '/audit', search: { ...points.bounds(point), ...(range.tz !== undefined && { tz: range.tz }), ...(tier !== undefined && { tier: [tier] }) } });
  };
  const zoom = (first: number, last: number): void => { void navigate({ to: '/', search: { ...range, from: points.bounds(first).from, to: points.bounds(last).to } }); };
  return <Card title={t('byTier')}><StackedBars onZoom={zoom} title={t('byTier')} labels={points.labels} series={series} format={f.exactCount} axisFormat={f.count} isLastOpen={points.isLastOpen} onPick={pick} height={216} /></Card>;
}
