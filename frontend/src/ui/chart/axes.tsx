import type { ScaleLinear } from 'd3-scale';
import { labelled, type Frame } from './geometry.ts';

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
      {labelled(labels.length, width - left - right).map((point) => <text key={point} x={Math.max(left, Math.min(width - right, x(point)))} y={height - bottom + 18} textAnchor={anchor(x(point), frame)} className="chart__label">{labels[point]?.short}</text>)}
    </>
  );
}

/** Labels at the edges stay inside. */
const anchor = (x: number, { left, right, width }: Frame): 'start' | 'middle' | 'end' => (x - left < 24 ? 'start' : width - right - x < 24 ? 'end' : 'middle');
