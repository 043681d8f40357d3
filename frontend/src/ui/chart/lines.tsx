import { max, min } from 'd3-array';
import { scaleLinear, scalePoint } from 'd3-scale';
import { area, line } from 'd3-shape';
import { Axes } from './axes.tsx';
import { Chart, type ChartProps } from './chart.tsx';
import { stepOf, frameOf } from './geometry.ts';

/** Lines over time; `between` = the ids of two series whose area between is filled. What is null is a gap. */
export function Lines(props: ChartProps & { readonly axisFormat?: (value: number, step: number) => string; readonly between?: readonly [string, string] }) {
  const { labels, height = 220, format, axisFormat = format, isLastOpen = false, between } = props;
  const axisLabels = (ticks: readonly number[]): string[] => ticks.map((tick) => axisFormat(tick, stepOf(ticks)));
  const scaleOf = (shown: ChartProps['series']) => {
    const all = shown.flatMap(({ values }) => values.filter((value) => value !== null));
    return scaleLinear([Math.min(0, min(all) ?? 0), Math.max(max(all) ?? 0, 1)], [0, 1]).nice(4);
  };
  return (
    <Chart
      {...props}
      axis={(shown, width) => frameOf(width, height, axisLabels(scaleOf(shown).ticks(4)))}
      draw={({ frame, shown, at, setAt, onPick }) => {
        const { left, right, top, bottom, width } = frame;
        const y = scaleOf(shown).range([height - bottom, top]);
        const points = labels.map((_, point) => point);
        const point = scalePoint(points, [left + 4, width - right - 4]);
        const x = (index: number): number => point(index) ?? left;
        const path = line<number | null>().defined((value) => value !== null).x((_, index) => x(index)).y((value) => y(value ?? 0));
        const [low, high] = between === undefined ? [] : between.map((id) => shown.find((one) => one.id === id));
        const fill = low && high && area<number>().defined((index) => low.values[index] !== null && high.values[index] !== null).x(x).y0((index) => y(low.values[index] ?? 0)).y1((index) => y(high.values[index] ?? 0))(points);
        const last = labels.length - 1;
        const step = labels.length > 1 ? (width - left - right) / labels.length : width - left - right;
        return (
          <>
            <Axes frame={frame} scale={y} ticks={y.ticks(4)} format={(tick) => axisFormat(tick, stepOf(y.ticks(4)))} labels={labels} x={x} />
            {fill && <path d={fill} className="chart__between" />}
            {shown.map(({ id, color, values, isDashed }) => {
              const closed = isLastOpen ? values.slice(0, -1) : values;
              return (
                <g key={id} fill="none" strokeWidth="2" strokeLinejoin="round" strokeLinecap="round" style={{ stroke: color }}>
                  <path d={path([...closed]) ?? ''} strokeDasharray={isDashed === true ? '4 4' : undefined} />
                  {isLastOpen && last > 0 && values[last] !== null && values[last - 1] !== null && <line x1={x(last - 1)} y1={y(values[last - 1] ?? 0)} x2={x(last)} y2={y(values[last] ?? 0)} strokeDasharray="1 5" />}
                  {values.map((value, index) => (value !== null && (at === index || isAlone(values, index)) ? <circle key={index} cx={x(index)} cy={y(value)} r="3" style={{ fill: color }} /> : null))}
                </g>
              );
            })}
            {at !== undefined && <line x1={x(at)} x2={x(at)} y1={top} y2={height - bottom} className="chart__cursor" />}
            {points.map((index) => <rect key={index} x={x(index) - step / 2} width={step} y={top} height={height - top - bottom} fill="transparent" onPointerMove={() => setAt(index)} onClick={onPick && (() => onPick(index, undefined))} className={onPick && 'chart__pick'} />)}
          </>
        );
      }}
    />
  );
}

/** A single point between gaps has no line to be seen by. */
const isAlone = (values: readonly (number | null)[], index: number): boolean => (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null;
