import { Activity, CircleOff, CirclePlay, Info, Pencil, Trash2 } from 'lucide-react';
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMay } from '../../api/me.ts';
import type { ModelView, UsageMeasures } from '../../api/types.ts';
import { useFormat } from '../../format/use-format.ts';
import { models } from '../../i18n/en/models.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Badge, tierColor, useTierName } from '../../ui/badge.tsx';
import { modelColor } from '../../ui/chart/colors.ts';
import { Sparkline } from '../../ui/chart/sparkline.tsx';
import { DataTable, type Column, type Sort } from '../../ui/data-table.tsx';
import { Menu, type MenuItem } from '../../ui/menu.tsx';
import { Count, Duration, Money, Unknown } from '../../ui/values.tsx';
import { useModelActions } from './actions.tsx';
import { providerInfo } from './providers.ts';
import type { Use } from './uses.ts';

/** `uses`: undefined = none known of. `used`: undefined = not known yet, null = nothing in 30 days. `perDay` = its requests over time. */
export interface ModelRow { readonly model: ModelView; readonly uses: readonly Use[] | undefined; readonly used: UsageMeasures | null | undefined; readonly perDay: readonly number[] }

export interface ModelTableProps { readonly rows: readonly ModelRow[]; readonly highlighted: string | undefined; readonly sort: Sort | undefined; readonly onSort: (sort: Sort) => void; readonly onOpen: (model: ModelView) => void; readonly empty: ReactNode }

export function ModelTable({ rows, highlighted, sort, onSort, onOpen, empty }: ModelTableProps) {
  const t = useT(models);
  const f = useFormat();
  const isAdmin = useMay('admin');
  const columns: readonly Column<ModelRow>[] = [
    { id: 'id', header: t('model'), isSortable: true, cell: ({ model }) => <ModelName model={model} /> },
    { id: 'provider', header: t('provider'), isSortable: true, cell: ({ model }) => <span className="two-lines"><span>{providerInfo(model.provider).name}</span><span className="muted model-upstream">{model.upstreamModel}</span></span> },
    { id: 'price', header: t('price'), isSortable: true, align: 'end', cell: ({ model }) => <PriceCell model={model} /> },
    { id: 'context', header: t('context'), isSortable: true, align: 'end', cell: ({ model: { effective } }) => <Count value={effective.facts.contextWindow} /> },
    { id: 'usedBy', header: t('usedBy'), cell: ({ uses }) => <UsedBy uses={uses} /> },
    { id: 'requests', header: t('requests30'), isSortable: true, align: 'end', cell: ({ model, used, perDay }) => <span className="model-spark">{perDay.some((count) => count > 0) && <span className="model-spark__line"><Sparkline values={perDay} color={modelColor(model.id)} /></span>}{used === undefined ? <Unknown /> : <Count value={used?.requests ?? 0} />}</span> },
    { id: 'p95', header: t('p95'), isSortable: true, align: 'end', cell: ({ used }) => <Duration ms={used?.latencyMs.p95} /> },
    { id: 'errors', header: t('errors'), isSortable: true, align: 'end', cell: ({ used }) => (!used || used.requests === 0 ? <Unknown /> : <span className="number" title={f.exactCount(used.errors)}>{f.percent(used.errors / used.requests)}</span>) },
    { id: 'spend', header: t('spend30'), isSortable: true, align: 'end', cell: ({ model, used }) => (used === undefined ? <Unknown /> : <Money micros={used === null ? 0 : used.costMicros === 0 && !model.effective.priced ? null : used.costMicros} />) },
    { id: 'actions', header: t('actions'), isHeaderHidden: true, align: 'end', cell: ({ model }) => <ModelMenu model={model} isAdmin={isAdmin} /> },
  ];
  return <DataTable label={t('title')} columns={columns} rows={sorted(rows, sort)} rowKey={({ model }) => model.id} rowName={({ model }) => model.id} onOpen={({ model }) => onOpen(model)} sort={sort} onSort={onSort} highlighted={highlighted} empty={empty} />;
}

function ModelName({ model }: { readonly model: ModelView }) {
  const t = useT(models);
  return (
    <span className="model-name">
      <span className={model.enabled ? 'model-name__dot model-name__dot--on' : 'model-name__dot'} aria-hidden />
      <span className="model-name__id">{model.id}</span>
      {!model.enabled && <Badge>{t('disabled')}</Badge>}
      {needsKey(model) && <Badge tone="warn">{t('noCredential')}</Badge>}
    </span>
  );
}

export const needsKey = ({ provider, credentials }: ModelView): boolean => credentials.length === 0 && providerInfo(provider).isKeyOptional !== true;

function PriceCell({ model: { effective: { price } } }: { readonly model: ModelView }) {
  const t = useT(models);
  const f = useFormat();
  if (price === null) return <Money micros={null} />;
  return <span className="number" title={t('priceHint')}>{f.exactMoney(price.input * 1e6)} / {f.exactMoney(price.output * 1e6)}</span>;
}

export function UsedBy({ uses }: { readonly uses: readonly Use[] | undefined }) {
  const t = useT(models);
  const tierName = useTierName();
  if (uses === undefined || uses.length === 0) return <span className="used-by">{uses === undefined ? <Unknown /> : <span className="muted">{t('unused')}</span>}</span>;
  const of = (kind: Use['kind']): readonly Use[] => uses.filter((use) => use.kind === kind);
  const [aliases, rules, keys] = [of('alias').length, of('rule').length, of('key').length];
  return (
    <span className="used-by">
      {of('tier').map(({ id }) => <Badge key={id} dot={tierColor(id)}>{tierName(id)}</Badge>)}
      {aliases > 0 && <Badge>{t('shortAliases', { count: aliases })}</Badge>}{rules > 0 && <Badge>{t('shortRule', { count: rules })}</Badge>}{of('judge').length > 0 && <Badge>{t('judge')}</Badge>}{keys > 0 && <Badge>{t('shortKeys', { count: keys })}</Badge>}
    </span>
  );
}

function ModelMenu({ model, isAdmin }: { readonly model: ModelView; readonly isAdmin: boolean }) {
  const t = useT(models);
  const navigate = useNavigate();
  const actions = useModelActions();
  const details: MenuItem = { id: 'details', text: t('details'), icon: <Info aria-hidden size={15} />, onChoose: () => { void navigate({ to: '/models/$modelId', params: { modelId: model.id }, search: true }); } };
  return <Menu label={`${t('actions')}: ${model.id}`} items={[details, ...(isAdmin ? modelMenuItems(model, actions, t) : [])]} />;
}

export function modelMenuItems(model: ModelView, actions: ReturnType<typeof useModelActions>, t: ReturnType<typeof useT<(typeof models)['en']>>): readonly MenuItem[] {
  return [
    { id: 'edit', text: t('edit'), icon: <Pencil aria-hidden size={15} />, onChoose: () => actions.edit(model) },
    { id: 'test', text: t('test'), icon: <Activity aria-hidden size={15} />, onChoose: () => actions.test(model) },
    model.enabled ? { id: 'disable', text: t('disable'), icon: <CircleOff aria-hidden size={15} />, onChoose: () => actions.setEnabled(model, false) } : { id: 'enable', text: t('enable'), icon: <CirclePlay aria-hidden size={15} />, onChoose: () => actions.setEnabled(model, true) },
    { id: 'delete', text: t('delete'), icon: <Trash2 aria-hidden size={15} />, isDanger: true, onChoose: () => actions.remove(model) },
  ];
}

function sorted(rows: readonly ModelRow[], sort: Sort | undefined): readonly ModelRow[] {
  if (sort === undefined) return rows;
  const value = ({ model, used }: ModelRow): number | string => ({ id: model.id.toLowerCase(), provider: model.provider, price: model.effective.price?.output ?? -1, context: model.effective.facts.contextWindow ?? -1, requests: used?.requests ?? 0, p95: used?.latencyMs.p95 ?? -1, errors: used ? used.errors / Math.max(1, used.requests) : 0, spend: used?.costMicros ?? 0 })[sort.by] ?? 0;
  return rows.toSorted((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0) * (sort.dir === 'asc' ? 1 : -1));
}
