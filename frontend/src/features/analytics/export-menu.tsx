import { Download } from 'lucide-react';
import { download } from '../../api/download.ts';
import type { UsageAnswer } from '../../api/types.ts';
import { analytics } from '../../i18n/en/analytics.ts';
import { useT } from '../../i18n/use-t.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { Menu } from '../../ui/menu.tsx';
import { toast } from '../../ui/toast.tsx';
import { buttonClass } from '../../ui/button.tsx';
import { filtersOf } from './ask.ts';
import type { AnalyticsSearch } from './search.ts';

/** More rows than a spreadsheet can open comfortably: narrow the range first. */
const MOST_ROWS = 100_000;

/** Files of exactly what the page shows: the interval of its answer, its filters, its groups. */
export function ExportMenu({ answer, search }: { readonly answer: UsageAnswer | undefined; readonly search: AnalyticsSearch }) {
  const t = useT(analytics);
  const errorText = useErrorText();
  if (answer === undefined) return null;
  const by = search.by ?? 'model';
  const { from, to, tz, bucket } = answer;
  const days = `${from.slice(0, 10)}_${to.slice(0, 10)}`;
  const save = (path: string, query: Record<string, string | readonly string[]>, name: string): void => {
    toast({ text: t('exportStarted') });
    download(path, { from, to, ...filtersOf(search), ...query }, name).catch((error: unknown) => toast({ kind: 'error', text: errorText(error) }));
  };
  const usage = { tz, bucket, by };
  const requests = (format: 'csv' | 'ndjson'): void => {
    if (answer.totals.requests > MOST_ROWS) toast({ kind: 'error', text: t('exportTooMany', { count: answer.totals.requests, most: MOST_ROWS }) });
    else save(`/admin/export/requests.${format}`, {}, `bsgateway-requests_${days}.${format}`);
  };
  return (
    <Menu label={t('export')} button={<><Download aria-hidden size={15} /> {t('export')}</>} buttonClass={buttonClass()} items={[
      { id: 'table', text: t('exportTable'), onChoose: () => save('/admin/export/usage.csv', usage, `bsgateway-breakdown-${by}_${days}.csv`) },
      { id: 'series', text: t('exportSeries'), onChoose: () => save('/admin/export/usage.csv', { ...usage, part: 'series' }, `bsgateway-series_${days}.csv`) },
      { id: 'table-ndjson', text: t('exportTableNdjson'), onChoose: () => save('/admin/export/usage.ndjson', usage, `bsgateway-breakdown-${by}_${days}.ndjson`) },
      { id: 'series-ndjson', text: t('exportSeriesNdjson'), onChoose: () => save('/admin/export/usage.ndjson', { ...usage, part: 'series' }, `bsgateway-series_${days}.ndjson`) },
      { id: 'requests', text: t('exportRequests'), onChoose: () => requests('csv') },
      { id: 'requests-ndjson', text: t('exportRequestsNdjson'), onChoose: () => requests('ndjson') },
    ]} />
  );
}
