import { max } from 'd3-array';
import { scaleBand, scaleLinear } from 'd3-scale';
import { Axes } from './axes.tsx';
import { Chart, type ChartProps } from './chart.tsx';
import { stepOf, frameOf, stacked } from './geometry.ts';

/** Bars over time, one colour per series, on top of each other. */
export function StackedBars(props: ChartProps & { readonly axisFormat?: (value: number, step: number) => string }) {
  const { labels, height = 220, format, axisFormat = format, isLastOpen = false } = props;
  const numbers = (values: readonly (number | null)[]): number[] => values.map((value) => value ?? 0);
  const axisLabels = (ticks: readonly number[]): string[] => ticks.map((tick) => axisFormat(tick, stepOf(ticks)));
  const scaleOf = (shown: ChartProps['series']) => {
    const tops = stacked(shown.map(({ values }) => ({ values: numbers(values) })), labels.length).at(-1) ?? [];
    return scaleLinear([0, Math.max(max(tops, ([, to]) => to) ?? 0, 1)], [0, 1]).nice(4);
  };
  return (
    <Chart
      {...props}
      axis={(shown, width) => frameOf(width, height, axisLabels(scaleOf(shown).ticks(4)))}
      draw={({ frame, shown, at, setAt, hatch, onPick }) => {
        const { left, right, top, bottom, width } = frame;
        const y = scaleOf(shown).range([height - bottom, top]);
        const band = scaleBand(labels.map((_, point) => point), [left, width - right]).paddingInner(0.28).paddingOuter(0.14);
        const ticks = y.ticks(4).filter(Number.isInteger);
        const stacks = stacked(shown.map(({ values }) => ({ values: numbers(values) })), labels.length);
        const last = labels.length - 1;
        const bar = Math.min(band.bandwidth(), 34);
        const xOf = (point: number): number => (band(point) ?? 0) + (band.bandwidth() - bar) / 2;
        return (
          <>
            <Axes frame={frame} scale={y} ticks={ticks} format={(tick) => axisFormat(tick, stepOf(y.ticks(4)))} labels={labels} x={(point) => (band(point) ?? 0) + band.bandwidth() / 2} />
            {labels.map((_, point) => (
              <g key={point} className={at !== undefined && at !== point ? 'chart__dim' : undefined}>
                {shown.map((one, index) => {
                  const [from, to] = stacks[index]?.[point] ?? [0, 0];
                  if (to === from) return null;
                  return <rect key={one.id} x={xOf(point)} width={bar} y={y(to)} height={Math.max(1, y(from) - y(to))} style={{ fill: one.color }} onClick={onPick && (() => onPick(point, one.id))} />;
                })}
                {isLastOpen && point === last && <rect x={xOf(point)} width={bar} y={y(stacks.at(-1)?.[point]?.[1] ?? 0)} height={y(0) - y(stacks.at(-1)?.[point]?.[1] ?? 0)} fill={hatch} pointerEvents="none" />}
                <rect x={left + point * band.step()} width={band.step()} y={top} height={height - top - bottom} fill="transparent" onPointerMove={() => setAt(point)} onClick={onPick && (() => onPick(point, undefined))} className={onPick && 'chart__pick'} />
              </g>
            ))}
          </>
        );
      }}
    />
  );
}
