import type { UseQueryResult } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { RequestsPage } from '../../api/types.ts';
import { zoneOf, type RangeSearch } from '../../app/range.ts';
import { overview } from '../../i18n/en/overview.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Card } from '../../ui/card.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorCard } from '../../ui/error-card.tsx';
import { useRequestColumns } from './request-columns.tsx';

export function RecentRequests({ query, range }: { readonly query: UseQueryResult<RequestsPage>; readonly range: RangeSearch }) {
  const t = useT(overview);
  const navigate = useNavigate();
  const columns = useRequestColumns({ timeZone: zoneOf(range), keyNames: query.data?.keyNames ?? {} });
  return (
    <Card flush title={<>{t('recent')} <span className="live">{t('live')}</span></>} actions={<Link to="/audit" search={range}>{t('openAudit')}</Link>}>
      {query.error !== null && query.data === undefined && !query.isFetching ? <ErrorCard error={query.error} onRetry={() => { void query.refetch(); }} /> : (
        <DataTable label={t('recent')} columns={columns} rows={query.data?.items} rowKey={({ requestId }) => requestId} rowName={({ requestId }) => requestId} onOpen={({ requestId }) => { void navigate({ to: '/audit/$requestId', params: { requestId }, search: range }); }} empty={<EmptyState title={t('recentNone')} />} skeletonRows={6} />
      )}
    </Card>
  );
}
