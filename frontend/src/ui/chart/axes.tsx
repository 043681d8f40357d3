import type { ScaleLinear } from 'd3-scale';
import { placedLabels, type Frame } from './geometry.ts';

/** Lines and labels of the value axis, and the labels of the points that fit. */
export function Axes({ frame, scale, ticks, format, labels, x }: { readonly frame: Frame; readonly scale: ScaleLinear<number, number>; readonly ticks: readonly number[]; readonly format: (value: number) => string; readonly labels: readonly { readonly short: string }[]; readonly x: (point: number) => number }) {
  const { left, right, width, height, bottom } = frame;
  return (
    <>
      {ticks.map((tick) => (
        <g key={tick}>
          <line x1={left} x2={width - right} y1={scale(tick)} y2={scale(tick)} className="chart__grid" />
          <text x={left - 8} y={scale(tick)} dy="0.32em" textAnchor="end" className="chart__label">{format(tick)}</text>
        </g>
      ))}
      {placedLabels(labels.map(({ short }) => short), x, frame).map((label) => <text key={label.point} x={label.x} y={height - bottom + 18} textAnchor={label.anchor} className="chart__label">{labels[label.point]?.short}</text>)}
    </>
  );
}
