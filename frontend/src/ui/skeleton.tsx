import { cx } from './cx.ts';

/** In the shape of what follows; shows after 150 ms. Sizes by class (`skeleton--line`, `--title`, `--chart`, `--card`), or in px. */
export function Skeleton({ shape = 'line', height, width }: { readonly shape?: 'line' | 'title' | 'chart' | 'card'; readonly height?: number; readonly width?: string }) {
  return <span aria-hidden className={cx('skeleton', `skeleton--${shape}`)} style={{ ...(height !== undefined && { height }), ...(width !== undefined && { width }) }} />;
}
