import { useQuery } from '@tanstack/react-query';
import { Outlet, useNavigate, useSearch } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { lazy, Suspense, useMemo, useState } from 'react';
import { keysQuery } from '../../api/keys.ts';
import { useMay } from '../../api/me.ts';
import { modelsQuery, useUpdateModel } from '../../api/models.ts';
import { routingQuery } from '../../api/routing.ts';
import type { ModelView } from '../../api/types.ts';
import { usageQuery } from '../../api/usage.ts';
import { models } from '../../i18n/en/models.ts';
import { translator, useT } from '../../i18n/use-t.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { NoMatch } from '../../ui/empty-state.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { FilterBar } from '../../ui/filter-bar.tsx';
import { Page } from '../../ui/page.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { SearchBox } from '../../ui/search-box.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { Skeleton } from '../../ui/skeleton.tsx';
import { toast } from '../../ui/toast.tsx';
import { ModelActionsContext, type ModelActions } from './actions.tsx';
import { DeleteModel } from './delete-model.tsx';
import { ModelTable, type ModelRow } from './model-table.tsx';
import type { ModelValues } from './model-values.ts';
import './models.css';
import { providerInfo } from './providers.ts';
import { TestModel } from './test-model.tsx';
import { usesKnown } from './uses.ts';

const AddModel = lazy(async () => ({ default: (await import('./add-model.tsx')).AddModel }));
const EditModel = lazy(async () => ({ default: (await import('./edit-model.tsx')).EditModel }));

interface Open { readonly kind: 'edit' | 'remove' | 'test'; readonly model: ModelView }

/** Models: where requests can go, what each costs, what uses it and how it does. */
export function ModelsPage() {
  const t = useT(models);
  const search = useSearch({ from: '/models' });
  const navigate = useNavigate({ from: '/models' });
  const isAdmin = useMay('admin');
  const errorText = useErrorText();
  const query = useQuery(modelsQuery);
  const document = useQuery(routingQuery).data?.document;
  const keys = useQuery(keysQuery).data;
  const usage = useQuery(usageQuery({ range: '30d' }, { by: 'model', stack: 'model' })).data;
  const update = useUpdateModel();
  const [open, setOpen] = useState<Open>();
  const [tier, setTier] = useState<ModelValues['tier']>('');
  const [highlighted, setHighlighted] = useState<string>();
  const close = (): void => setOpen(undefined);
  const setNew = (isOpen: boolean): void => { void navigate({ to: '/models', search: (before) => ({ ...before, new: isOpen ? true : undefined }), replace: !isOpen }); };
  const add = (wanted: ModelValues['tier'] = ''): void => {
    setTier(wanted);
    setNew(true);
  };
  useShortcut('c', () => { if (isAdmin) add(); });
  const { mutateAsync } = update;
  const actions = useMemo<ModelActions>(() => {
    const setEnabled = async (model: ModelView, enabled: boolean): Promise<void> => {
      const say = translator(models);
      try {
        const { data } = await mutateAsync({ id: model.id, version: model.version, body: { enabled } });
        toast({ text: say(enabled ? 'enabledDone' : 'disabledDone', { id: model.id }), onUndo: () => { void setEnabled(data, !enabled); } });
      } catch (error) {
        toast({ kind: 'error', text: errorText(error) });
      }
    };
    return { edit: (model) => setOpen({ kind: 'edit', model }), remove: (model) => setOpen({ kind: 'remove', model }), test: (model) => setOpen({ kind: 'test', model }), setEnabled: (model, enabled) => { void setEnabled(model, enabled); } };
  }, [mutateAsync]);
  const rowsOf = (all: readonly ModelView[]): readonly ModelRow[] => all.map((model) => ({
    model, uses: usesKnown(model.id, document, keys), used: usage === undefined ? undefined : usage.breakdown.find(({ id }) => id === model.id) ?? null, perDay: usage?.stacked?.groups.find(({ id }) => id === model.id)?.requests ?? [],
  }));
  const clear = (): void => { void navigate({ to: '/models', search: (before) => ({ ...before, q: undefined, provider: undefined, status: undefined }) }); };
  return (
    <ModelActionsContext value={actions}>
      <Page title={t('title')} description={t('description')} {...(isAdmin && { actions: <Button kind="primary" icon={<Plus aria-hidden size={16} />} onClick={() => add()}>{t('add')}</Button> })}>
        <QueryView query={query} skeleton={<Skeleton shape="card" />}>
          {(all) => {
            if (all.length === 0) return <Start isAdmin={isAdmin} onAdd={add} />;
            const providers = [...new Set(all.map(({ provider }) => provider))];
            const shown = rowsOf(all).filter(({ model }) => (search.provider?.includes(model.provider) ?? true) && (search.status === undefined || model.enabled === (search.status === 'enabled')) && `${model.id} ${model.upstreamModel} ${providerInfo(model.provider).name}`.toLowerCase().includes((search.q ?? '').toLowerCase()));
            return (
              <div className="page-body">
                <FilterBar
                  filters={[
                    { id: 'provider', name: t('provider'), options: providers.map((id) => ({ value: id, label: providerInfo(id).name })), chosen: search.provider ?? [] },
                    { id: 'status', name: t('status'), options: [{ value: 'enabled', label: t('enabled') }, { value: 'disabled', label: t('disabled') }], chosen: search.status === undefined ? [] : [search.status] },
                  ]}
                  onChange={(id, chosen) => { void navigate({ to: '.', search: (before) => ({ ...before, ...(id === 'provider' ? { provider: chosen.length === 0 ? undefined : [...chosen] } : { status: chosen.at(-1) as 'enabled' | 'disabled' | undefined }) }) }); }}
                  onClear={clear}
                >
                  <SearchBox label={t('search')} value={search.q ?? ''} onChange={(q) => { void navigate({ to: '.', search: (before) => ({ ...before, q: q === '' ? undefined : q }), replace: true }); }} />
                </FilterBar>
                <Card flush><ModelTable rows={shown} highlighted={highlighted} sort={search.sort === undefined ? undefined : { by: search.sort, dir: search.dir ?? 'desc' }} onSort={({ by, dir }) => { void navigate({ to: '.', search: (before) => ({ ...before, sort: by, dir }) }); }} onOpen={(model) => { void navigate({ to: '/models/$modelId', params: { modelId: model.id }, search: true }); }} empty={<NoMatch onClear={clear} />} /></Card>
              </div>
            );
          }}
        </QueryView>
        <Outlet />
        <Suspense>
          {isAdmin && search.new === true && <AddModel tier={tier} onClose={() => setNew(false)} onAdded={(id) => { setHighlighted(id); setNew(false); }} />}
          {open?.kind === 'edit' && <EditModel model={open.model} onClose={close} />}
        </Suspense>
        {open?.kind === 'test' && <TestModel model={open.model} onClose={close} />}
        {open?.kind === 'remove' && <DeleteModel model={open.model} onClose={close} />}
      </Page>
    </ModelActionsContext>
  );
}

/** A gateway without models needs two: the way to a saving is one cheap and one strong. */
function Start({ isAdmin, onAdd }: { readonly isAdmin: boolean; readonly onAdd: (tier: ModelValues['tier']) => void }) {
  const t = useT(models);
  return (
    <div className="page-body">
      <Card><div className="empty"><p className="empty__title">{t('emptyTitle')}</p><p className="empty__text">{t('emptyText')}{isAdmin ? '' : ` ${t('emptyMember')}`}</p></div></Card>
      {isAdmin && (
        <div className="form-grid">
          <Card title={t('emptyCheap')}><div className="stack"><p className="muted">{t('emptyCheapText')}</p><div><Button kind="primary" onClick={() => onAdd('simple')}>{t('addCheap')}</Button></div></div></Card>
          <Card title={t('emptyStrong')}><div className="stack"><p className="muted">{t('emptyStrongText')}</p><div><Button onClick={() => onAdd('complex')}>{t('addStrong')}</Button></div></div></Card>
        </div>
      )}
    </div>
  );
}
