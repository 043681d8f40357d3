import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ui } from '../i18n/en/ui.ts';
import { useT } from '../i18n/use-t.tsx';
import { cx } from './cx.ts';
import { ErrorCard } from './error-card.tsx';
import { Skeleton } from './skeleton.tsx';

export interface QueryViewProps<T> {
  readonly query: Pick<UseQueryResult<T>, 'error' | 'isFetching' | 'isPlaceholderData'> & { readonly data: T | undefined; readonly refetch: () => unknown };
  /** In the shape of what follows. */
  readonly skeleton?: ReactNode;
  readonly children: (data: T) => ReactNode;
}

/** What a query brings: a skeleton at first, then the data, dimmed while other data is on its way, or what failed with Retry. */
export function QueryView<T>({ query, skeleton, children }: QueryViewProps<T>) {
  const t = useT(ui);
  const { data, error, isFetching, isPlaceholderData, refetch } = query;
  if (data !== undefined) return <div className={cx('query', isPlaceholderData && isFetching && 'query--stale')} aria-busy={isPlaceholderData && isFetching}>{children(data)}</div>;
  if (error !== null && !isFetching) return <ErrorCard error={error} onRetry={() => { void refetch(); }} />;
  return <div role="status"><span className="off-screen">{t('loading')}</span>{skeleton ?? <Skeleton shape="chart" />}</div>;
}
