import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { FlaskConical, History as HistoryIcon } from 'lucide-react';
import { useMemo, useState, type ReactNode } from 'react';
import { useMay } from '../../api/me.ts';
import { modelsQuery } from '../../api/models.ts';
import { routingCheckQuery, routingQuery } from '../../api/routing.ts';
import type { ModelView, RoutingAnswer } from '../../api/types.ts';
import { usageQuery } from '../../api/usage.ts';
import { rangeOf } from '../../app/range.ts';
import { useFormat } from '../../format/use-format.ts';
import { rules } from '../../i18n/en/rules.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ErrorCard } from '../../ui/error-card.tsx';
import { Page } from '../../ui/page.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { TimeRange } from '../../ui/time-range.tsx';
import { toast } from '../../ui/toast.tsx';
import { AliasSection } from './aliases.tsx';
import { AutomaticSection } from './automatic.tsx';
import { changesOf } from './changes.ts';
import { DirectSection } from './direct.tsx';
import { setDraft, useDraft } from './draft.ts';
import { changeDraft, EditorContext, type Editor } from './editor.ts';
import { History } from './history.tsx';
import { PatternSection, type RuleUse } from './patterns.tsx';
import { RolloutBanner } from './rollout.tsx';
import { SaveDialog } from './save-dialog.tsx';
import { UnknownNames } from './unknown-names.tsx';
import { Doubts, warnedRules } from './warnings.tsx';
import '../trace/trace.css';
import './rules.css';

export function RulesPage() {
  const t = useT(rules);
  const hasDraft = useDraft() !== undefined;
  const search = useSearch({ from: '/rules' });
  const navigate = useNavigate({ from: '/rules' });
  const routing = useQuery(routingQuery);
  const models = useQuery(modelsQuery);
  const both = { ...routing, data: routing.data !== undefined && models.data !== undefined ? { live: routing.data, models: models.data } : undefined, error: routing.error ?? models.error, isFetching: routing.isFetching || models.isFetching, refetch: () => Promise.all([routing.refetch(), models.refetch()]) as never };
  return (
    <Page title={t('title')} description={t('description')} actions={(
      <>
        <TimeRange value={rangeOf(search)} onChange={(range) => { void navigate({ search: ({ range: _range, from: _from, to: _to, tz: _tz, ...rest }) => ({ ...rest, ...range }) }); }} />
        <Link to="/test" {...(hasDraft && { search: { draft: true as const } })} className={buttonClass('secondary')}><FlaskConical aria-hidden size={15} />{t('test')}</Link>
        <Button icon={<HistoryIcon aria-hidden size={15} />} onClick={() => { void navigate({ search: (before) => ({ ...before, history: true }) }); }}>{t('history')}</Button>
      </>
    )}>
      <QueryView query={both} skeleton={<div className="stack"><Skeleton shape="card" /><Skeleton shape="card" /><Skeleton shape="chart" /></div>}>{({ live, models: all }) => <Pipeline live={live} models={all} />}</QueryView>
    </Page>
  );
}

function Pipeline({ live, models }: { readonly live: RoutingAnswer; readonly models: readonly ModelView[] }) {
  const t = useT(rules);
  const f = useFormat();
  const search = useSearch({ from: '/rules' });
  const range = rangeOf(search);
  const mayEdit = useMay('admin');
  const draft = useDraft();
  const document = draft?.document ?? live.document;
  const check = useQuery({ ...routingCheckQuery(document), enabled: draft !== undefined });
  const doubts = draft === undefined ? { errors: [], warnings: [...live.warnings] } : check.data;
  const editor = useMemo((): Editor => ({ live, document, models, mayEdit, change: (next) => changeDraft(live, next) }), [live, document, models, mayEdit]);
  const byStage = useQuery(usageQuery(range, { by: 'stage' }));
  const byTier = useQuery(usageQuery(range, { by: 'tier' }));
  const byRule = useQuery(usageQuery(range, { by: 'rule', stack: 'rule', bucket: 'day' }));
  const failed = [byStage, byTier, byRule].filter(({ error, data, isFetching }) => error !== null && data === undefined && !isFetching);
  const share = (stage: string): ReactNode => {
    const { data } = byStage;
    // The line is kept free: what comes later must move nothing.
    if (data === undefined || data.totals.requests === 0) return <span className="pipeline__share">{'\u00a0'}</span>;
    const requests = data.breakdown.find(({ id }) => id === stage)?.requests ?? 0;
    const words = t('share_', { share: f.percent(requests / data.totals.requests) });
    return requests === 0 ? <span className="muted pipeline__share">{words}</span> : <Link className="pipeline__share" to="/audit" search={{ ...range, stage: [stage] }} title={f.exactCount(requests)}>{words}</Link>;
  };
  const tiers = byTier.data?.breakdown.filter(({ id }) => id === 'simple' || id === 'moderate' || id === 'complex');
  const total = tiers?.reduce((sum, { requests }) => sum + requests, 0) ?? 0;
  const shares = tiers === undefined || total === 0 ? undefined : new Map(tiers.map(({ id, requests }) => [id ?? '', requests / total]));
  const use = byRule.data === undefined ? undefined : (id: string): RuleUse => {
    const { breakdown, series, stacked } = byRule.data;
    const last = stacked?.groups.find((group) => group.id === id)?.requests.findLastIndex((count) => count > 0) ?? -1;
    return { requests: breakdown.find((row) => row.id === id)?.requests ?? 0, lastAt: series[last]?.at };
  };
  return (
    <EditorContext value={editor}>
      <div className="stack rules-page">
        <RolloutBanner key={live.version} />
        {doubts !== undefined && <Doubts check={doubts} document={document} />}
        {failed.length > 0 && <Card title={t('figures')}><ErrorCard error={failed[0]?.error} onRetry={() => { for (const query of failed) void query.refetch(); }} /></Card>}
        <DirectSection share={share('passthrough')} />
        <AliasSection share={share('alias')} />
        <PatternSection share={share('pattern')} use={use} warned={warnedRules(doubts)} />
        <AutomaticSection share={share('auto')} shares={shares} />
        <UnknownNames />
        <DraftBar />
        {search.history === true && <History />}
      </div>
    </EditorContext>
  );
}

/** Always there while something is not saved: what it is, and what can be done with it. */
function DraftBar() {
  const t = useT(rules);
  const draft = useDraft();
  const [isOpen, setOpen] = useState(false);
  const check = useQuery({ ...routingCheckQuery(draft?.document ?? ({} as never)), enabled: draft !== undefined });
  if (draft === undefined) return null;
  const count = changesOf(draft.base, draft.document).length;
  const discard = (): void => {
    setDraft(undefined);
    toast({ text: t('discarded'), onUndo: () => setDraft(draft) });
  };
  return (
    <section className="draft" aria-label={t('draft')}>
      <p><strong>{t('unsaved', { count })}</strong> {t('notLiveYet')} {check.data !== undefined && check.data.errors.length > 0 && <Badge tone="bad">{t('cannotSave')}</Badge>}</p>
      <div className="row">
        <Button kind="primary" onClick={() => setOpen(true)}>{t('reviewSave')}</Button>
        <Link to="/test" search={{ draft: true }} className={buttonClass('secondary')}><FlaskConical aria-hidden size={15} />{t('testDraft')}</Link>
        <Button onClick={discard}>{t('discard')}</Button>
      </div>
      {isOpen && <SaveDialog draft={draft} check={check.data} onClose={() => setOpen(false)} />}
    </section>
  );
}
