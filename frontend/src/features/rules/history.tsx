import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { newIdempotencyKey } from '../../api/client.ts';
import { routingVersionPagesQuery, routingVersionQuery, useRestoreRouting } from '../../api/routing.ts';
import { rules } from '../../i18n/en/rules.ts';
import { ui } from '../../i18n/en/ui.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Drawer } from '../../ui/dialog.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { toast } from '../../ui/toast.tsx';
import { RelativeTime } from '../../ui/values.tsx';
import { changesOf } from './changes.ts';
import { ChangeList } from './change-words.tsx';
import { EMPTY } from './empty.ts';
import { useEditor } from './editor.ts';

/** Every version that was saved, by whom and when; each with what it changed, and the way back to it. */
export function History() {
  const t = useT(rules);
  const words = useT(ui);
  const { live } = useEditor();
  const { version: open } = useSearch({ from: '/rules' });
  const navigate = useNavigate({ from: '/rules' });
  const pages = useInfiniteQuery(routingVersionPagesQuery);
  const show = (version: number | undefined): void => { void navigate({ search: (search) => ({ ...search, version }), replace: true }); };
  return (
    <Drawer title={t('history')} description={t('historyText')} onClose={() => { void navigate({ search: ({ history: _history, version: _version, ...search }) => search }); }}>
      <QueryView query={{ data: pages.data?.pages.flatMap(({ items }) => items), error: pages.error, isFetching: pages.isFetching, isPlaceholderData: pages.isPlaceholderData, refetch: pages.refetch as never }} skeleton={<Skeleton shape="card" />}>
        {(versions) => versions.length === 0 ? <p className="muted">{t('historyEmpty')}</p> : (
          <>
            <ol className="versions">
              {versions.map(({ version, at, author }) => (
                <li key={version} className="versions__one">
                  <div className="row">
                    <button type="button" className="link-button versions__name" aria-expanded={open === version} onClick={() => show(open === version ? undefined : version)}>{t('version', { version })}</button>
                    {version === live.version && <Badge tone="good">{live.rollout === null ? t('live') : t('liveFor', { percent: live.rollout.percent })}</Badge>}
                    {live.rollout !== null && version === live.rollout.before && <Badge>{t('liveFor', { percent: 100 - live.rollout.percent })}</Badge>}
                    <span className="muted">{author} · <RelativeTime at={at} /></span>
                  </div>
                  {open === version && <Version version={version} />}
                </li>
              ))}
            </ol>
            {pages.hasNextPage && <Button small busy={pages.isFetchingNextPage} onClick={() => { void pages.fetchNextPage(); }}>{words('loadOlder')}</Button>}
          </>
        )}
      </QueryView>
    </Drawer>
  );
}

function Version({ version }: { readonly version: number }) {
  const t = useT(rules);
  const { live, mayEdit } = useEditor();
  const restore = useRestoreRouting();
  const [asks, setAsks] = useState(false);
  const [idempotencyKey] = useState(newIdempotencyKey);
  const one = useQuery(routingVersionQuery(version));
  const before = useQuery({ ...routingVersionQuery(version - 1), enabled: version > 1 });
  if (version > 1 && before.data === undefined) return <QueryView query={before} skeleton={<Skeleton />}>{() => null}</QueryView>;
  return (
    <QueryView query={one} skeleton={<Skeleton />}>
      {({ document }) => (
        <div className="stack versions__more">
          <ChangeList label={t('changesOf', { version })} changes={changesOf(before.data?.document ?? EMPTY, document)} />
          {mayEdit && version !== live.version && <div><Button small onClick={() => setAsks(true)}>{t('restore', { version })}</Button></div>}
          {asks && (
            <ConfirmDialog kind="primary" title={t('restoreTitle', { version })} confirmText={t('restoreConfirm')} onClose={() => setAsks(false)} onConfirm={async () => {
              const { data } = await restore.mutateAsync({ version, idempotencyKey });
              toast({ text: t('restored', { version, as: data.version }) });
            }}>
              <p>{t('restoreText', { version: live.version + 1 })}</p>
              <ChangeList label={t('restoreChanges')} changes={changesOf(live.document, document)} />
            </ConfirmDialog>
          )}
        </div>
      )}
    </QueryView>
  );
}
