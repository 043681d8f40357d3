import { ChartNoAxesColumn, Table2 } from 'lucide-react';
import { useId, useState, type KeyboardEvent, type ReactNode } from 'react';
import { ui } from '../../i18n/en/ui.ts';
import { useT } from '../../i18n/use-t.tsx';
import { IconButton } from '../button.tsx';
import { CopyButton } from '../copy-button.tsx';
import { cx } from '../cx.ts';
import { Skeleton } from '../skeleton.tsx';
import { csvOf, type Frame } from './geometry.ts';
import { useWidth } from './use-width.ts';
import { useZoom } from './use-zoom.ts';

export interface Series { readonly id: string; readonly name: string; readonly color: string; readonly values: readonly (number | null)[]; readonly isDashed?: boolean }

export interface ChartProps {
  /** A sentence or name: what is shown. */
  readonly title: string;
  /** One per point: short for the axis, in full for reading. */
  readonly labels: readonly { readonly short: string; readonly full: string }[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  readonly height?: number;
  /** The last point is not over yet: hatched, and said so. */
  readonly isLastOpen?: boolean;
  readonly onPick?: (point: number, series: string | undefined) => void;
  /** Told the first and the last point that were drawn over with the pointer. */
  readonly onZoom?: (first: number, last: number) => void;
}

interface Drawing { readonly frame: Frame; readonly shown: readonly Series[]; readonly at: number | undefined; readonly setAt: (point: number | undefined) => void; readonly hatch: string; readonly onPick: ChartProps['onPick'] }

/** What every chart over time has: a legend that switches series, arrow keys that read values aloud, and a table of the same numbers. */
export function Chart({ title, labels, series, format, height = 220, isLastOpen = false, onPick, onZoom, axis, draw }: ChartProps & { readonly axis: (shown: readonly Series[], width: number) => Frame; readonly draw: (drawing: Drawing) => ReactNode }) {
  const t = useT(ui);
  const id = useId();
  const { ref, width } = useWidth();
  const [hidden, setHidden] = useState<readonly string[]>([]);
  const [chosen, setAt] = useState<number>();
  const [asTable, setAsTable] = useState(false);
  const shown = series.filter((one) => !hidden.includes(one.id));
  const last = labels.length - 1;
  // Other data may have fewer points than the one that was chosen.
  const at = chosen !== undefined && chosen <= last ? chosen : undefined;
  const nameOf = (point: number): string => `${labels[point]?.full ?? ''}${isLastOpen && point === last ? ` (${t('soFar')})` : ''}`;
  const valueOf = (one: Series, point: number): string => {
    const value = one.values[point];
    return value === null || value === undefined ? t('unknown') : format(value);
  };
  const read = (event: KeyboardEvent): void => {
    const next = { ArrowRight: Math.min(last, (at ?? -1) + 1), ArrowLeft: Math.max(0, (at ?? last + 1) - 1), Home: 0, End: last }[event.key];
    if (event.key === 'Escape' && at !== undefined) {
      event.stopPropagation();
      setAt(undefined);
    } else if (event.key === 'Enter' && at !== undefined) onPick?.(at, undefined);
    else if (next !== undefined && last >= 0) {
      event.preventDefault();
      setAt(next);
    }
  };
  const frame = axis(shown, Math.max(width, 120));
  const zoom = useZoom(frame, labels.length, setAt, onZoom);
  return (
    <figure className="chart">
      <div className="chart__top">
        <div className="chart__legend" role="group" aria-label={title}>
          {series.length > 1 && series.map((one) => (
            <button key={one.id} type="button" className="chart__key" aria-pressed={!hidden.includes(one.id)} onClick={() => setHidden(hidden.includes(one.id) ? hidden.filter((other) => other !== one.id) : [...hidden, one.id])}>
              <span className={cx('chart__swatch', one.isDashed && 'chart__swatch--dashed')} style={{ background: one.color }} />{one.name}
            </button>
          ))}
        </div>
        <IconButton label={asTable ? t('viewChart') : t('viewTable')} className="chart__switch" onClick={() => setAsTable(!asTable)}>{asTable ? <ChartNoAxesColumn aria-hidden size={16} /> : <Table2 aria-hidden size={16} />}</IconButton>
      </div>
      {asTable ? <ChartTable title={title} labels={labels.map((_, point) => nameOf(point))} series={series} valueOf={valueOf} /> : (
        // Keys read the values; the figures themselves are in the live region and the table.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/no-noninteractive-tabindex
        <div ref={ref} className="chart__plot" role="group" tabIndex={0} aria-label={t('chartHelp', { title })} aria-describedby={`${id}-value`} onKeyDown={(event) => { if (!zoom.giveUp(event.key)) read(event); }} {...zoom.handlers} onBlur={() => setAt(undefined)} onPointerLeave={() => setAt(undefined)} style={{ height }}>
          {width > 0 && (
            <svg width={width} height={height} aria-hidden="true" className="chart__svg">
              <defs><pattern id={`${id}-hatch`} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="var(--surface)" fillOpacity="0.45" /><line x1="0" y1="0" x2="0" y2="6" stroke="var(--surface)" strokeWidth="4" /></pattern></defs>
              {draw({ frame, shown, at, setAt, hatch: `url(#${id}-hatch)`, onPick })}
            </svg>
          )}
          {series.every(({ values }) => values.every((value) => value === null || value === 0)) && <p className="chart__none">{t('noData')}</p>}
          {zoom.place !== undefined && <div className="chart__zoom" style={zoom.place} />}
          {at !== undefined && width > 0 && (
            <div className="chart__tip" style={tipPlace(frame, at, labels.length)}>
              <strong>{nameOf(at)}</strong>
              {shown.map((one) => <span key={one.id}><span className="chart__swatch" style={{ background: one.color }} />{one.name}<b className="number">{valueOf(one, at)}</b></span>)}
            </div>
          )}
        </div>
      )}
      <span id={`${id}-value`} className="off-screen" aria-live="polite">{at === undefined ? '' : `${nameOf(at)}: ${shown.map((one) => `${one.name} ${valueOf(one, at)}`).join(', ')}`}</span>
    </figure>
  );
}

function tipPlace({ left, right, width }: Frame, at: number, points: number): { left?: number; right?: number; top: number } {
  const x = left + ((at + 0.5) / Math.max(1, points)) * (width - left - right);
  return x < width / 2 ? { left: x + 12, top: 0 } : { right: width - x + 12, top: 0 };
}

function ChartTable({ title, labels, series, valueOf }: { readonly title: string; readonly labels: readonly string[]; readonly series: readonly Series[]; readonly valueOf: (one: Series, point: number) => string }) {
  const t = useT(ui);
  const csv = csvOf([['time', ...series.map(({ name }) => name)], ...labels.map((label, point) => [label, ...series.map(({ values }) => values[point] ?? '')])]);
  return (
    <>
      <div className="chart__table table-scroll" role="group" aria-label={t('viewTable')} tabIndex={0}>
        <table className="table">
          <caption className="off-screen">{title}</caption>
          <thead><tr><th scope="col">{t('time')}</th>{series.map(({ id, name }) => <th key={id} scope="col" className="end">{name}</th>)}</tr></thead>
          <tbody>{labels.map((label, point) => <tr key={label}><th scope="row">{label}</th>{series.map((one) => <td key={one.id} className="end number">{valueOf(one, point)}</td>)}</tr>)}</tbody>
        </table>
      </div>
      <CopyButton text={csv} label={t('copyCsv')} />
    </>
  );
}

export const ChartSkeleton = ({ height = 250 }: { readonly height?: number }) => <Skeleton shape="chart" height={height} />;
