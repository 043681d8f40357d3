import { ArrowDown, ArrowUp } from 'lucide-react';
import { useEffect, useRef, type ReactNode } from 'react';
import { ui } from '../i18n/en/ui.ts';
import { useT } from '../i18n/use-t.tsx';
import { Button } from './button.tsx';
import { cx } from './cx.ts';
import { isTyping, shortcutsEnabled } from './shortcuts.ts';
import { Skeleton } from './skeleton.tsx';
import { NARROW, useMedia } from './use-media.ts';

export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  /** Numbers go to the right. */
  readonly align?: 'end';
  readonly isSortable?: boolean;
  /** Hidden in the card of a narrow screen. */
  readonly isWideOnly?: boolean;
  /** The header is for those who cannot see the column only, such as one of buttons. */
  readonly isHeaderHidden?: boolean;
}

export interface Sort { readonly by: string; readonly dir: 'asc' | 'desc' }

export interface DataTableProps<Row> {
  /** What the table is, for those who cannot see it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  /** undefined = on its way: skeleton rows. */
  readonly rows: readonly Row[] | undefined;
  readonly rowKey: (row: Row) => string;
  /** Opens a row: by click, by Enter, or by its first cell, which becomes a button. `rowName` is what that button opens. */
  readonly onOpen?: (row: Row) => void;
  readonly rowName?: (row: Row) => string;
  readonly sort?: Sort | undefined;
  readonly onSort?: (sort: Sort) => void;
  /** Instead of the table when there are no rows. */
  readonly empty?: ReactNode;
  /** A last row, such as totals: one cell per column. */
  readonly footer?: readonly ReactNode[];
  /** There are more rows than these: a button under them asks for the next. */
  readonly more?: { readonly text: string; readonly onLoad: () => void } | undefined;
  readonly highlighted?: string | undefined;
  readonly skeletonRows?: number;
}

/** Rows as a table, on narrow screens as cards; `j` and `k` walk through them, Enter opens. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { rows, empty } = props;
  const isNarrow = useMedia(NARROW);
  const root = useRowKeys(props.onOpen !== undefined);
  if (rows !== undefined && rows.length === 0 && empty !== undefined) return empty;
  return (
    <div ref={root}>
      {isNarrow ? <Cards {...props} /> : <Table {...props} />}
      {props.more !== undefined && <div className="table__more"><Button onClick={props.more.onLoad}>{props.more.text}</Button></div>}
    </div>
  );
}

function Table<Row>({ label, columns, rows, rowKey, onOpen, rowName, sort, onSort, footer, highlighted, skeletonRows = 5 }: DataTableProps<Row>) {
  const t = useT(ui);
  return (
    <div className="table-scroll">
      <table className="table">
        <caption className="off-screen">{label}</caption>
        <thead>
          <tr>{columns.map((column) => (
            <th key={column.id} scope="col" className={cx(column.align === 'end' && 'end')} aria-sort={sort?.by === column.id ? (sort.dir === 'asc' ? 'ascending' : 'descending') : undefined}>
              {column.isSortable === true && onSort !== undefined
                ? <button type="button" className="table__sort" title={t('sortBy', { name: column.header })} onClick={() => onSort({ by: column.id, dir: sort?.by === column.id && sort.dir === 'desc' ? 'asc' : 'desc' })}>{column.header}{sort?.by === column.id && (sort.dir === 'asc' ? <ArrowUp aria-hidden size={13} /> : <ArrowDown aria-hidden size={13} />)}</button>
                : <span className={cx(column.isHeaderHidden && 'off-screen')}>{column.header}</span>}
            </th>
          ))}</tr>
        </thead>
        <tbody>
          {rows === undefined && Array.from({ length: skeletonRows }, (_, index) => <tr key={index}>{columns.map(({ id }) => <td key={id}><Skeleton /></td>)}</tr>)}
          {rows?.map((row) => {
            const key = rowKey(row);
            return (
              // The first cell holds a real button for keyboards; a click anywhere in the row is a convenience beside it.
              // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
              <tr key={key} className={cx(onOpen && 'table__row--open', highlighted === key && 'highlight')} onClick={onOpen && ((event) => { if (!isControl(event.target)) onOpen(row); })}>
                {columns.map((column, index) => <td key={column.id} className={cx(column.align === 'end' && 'end')}>{index === 0 && onOpen ? <button type="button" data-row className="table__open" onClick={() => onOpen(row)}>{column.cell(row)}<span className="off-screen"> {t('openRow', { name: rowName?.(row) ?? key })}</span></button> : column.cell(row)}</td>)}
              </tr>
            );
          })}
        </tbody>
        {footer !== undefined && <tfoot><tr>{columns.map((column, index) => <td key={column.id} className={cx(column.align === 'end' && 'end')}>{footer[index]}</td>)}</tr></tfoot>}
      </table>
    </div>
  );
}

function Cards<Row>({ label, columns, rows, rowKey, onOpen, rowName, highlighted, skeletonRows = 5 }: DataTableProps<Row>) {
  const t = useT(ui);
  const [first, ...others] = columns.filter((column) => column.isWideOnly !== true);
  if (first === undefined) return null;
  return (
    <ul className="cards" aria-label={label}>
      {rows === undefined && Array.from({ length: skeletonRows }, (_, index) => <li key={index} className="cards__card"><Skeleton shape="title" /><Skeleton /></li>)}
      {rows?.map((row) => {
        const key = rowKey(row);
        return (
          <li key={key} className={cx('cards__card', highlighted === key && 'highlight')}>
            {onOpen ? <button type="button" data-row className="cards__open" onClick={() => onOpen(row)}>{first.cell(row)}<span className="off-screen"> {t('openRow', { name: rowName?.(row) ?? key })}</span></button> : <div className="cards__first">{first.cell(row)}</div>}
            <dl className="cards__facts">{others.map((column) => <div key={column.id} className={cx(column.isHeaderHidden && 'cards__corner')}><dt className={cx(column.isHeaderHidden && 'off-screen')}>{column.header}</dt><dd>{column.cell(row)}</dd></div>)}</dl>
          </li>
        );
      })}
    </ul>
  );
}

const isControl = (target: EventTarget): boolean => target instanceof Element && target.closest('a, button, input, select, label, [role=menu]') !== null;

function useRowKeys(isOn: boolean) {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOn) return undefined;
    const walk = (event: KeyboardEvent): void => {
      if ((event.key !== 'j' && event.key !== 'k') || !shortcutsEnabled() || isTyping(event) || document.querySelector('dialog[open]') !== null) return;
      const all = [...root.current?.querySelectorAll<HTMLElement>('[data-row]') ?? []];
      const at = all.indexOf(document.activeElement as HTMLElement);
      all[Math.max(0, Math.min(all.length - 1, event.key === 'j' ? at + 1 : at - 1))]?.focus();
    };
    document.addEventListener('keydown', walk);
    return () => document.removeEventListener('keydown', walk);
  }, [isOn]);
  return root;
}
