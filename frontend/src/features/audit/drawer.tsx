import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ChevronDown, ChevronUp } from 'lucide-react';
import { useEffect, useRef, type ReactNode } from 'react';
import { keysQuery } from '../../api/keys.ts';
import { useMay } from '../../api/me.ts';
import { requestQuery } from '../../api/requests.ts';
import type { LedgerEntry } from '../../api/types.ts';
import { zoneOf } from '../../app/range.ts';
import { useFormat } from '../../format/use-format.ts';
import { audit } from '../../i18n/en/audit.ts';
import { useT } from '../../i18n/use-t.tsx';
import { DecidedBy, StatusBadge } from '../../ui/badge.tsx';
import { buttonClass, IconButton } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Drawer } from '../../ui/dialog.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { isTyping, shortcutsEnabled } from '../../ui/shortcuts.ts';
import { Skeleton } from '../../ui/skeleton.tsx';
import { RelativeTime } from '../../ui/values.tsx';
import { useCodeName } from '../analytics/names.ts';
import { DecisionTrace } from '../trace/trace.tsx';
import { Attempts } from './drawer-attempts.tsx';
import { Content } from './drawer-content.tsx';
import { MoneyTable } from './drawer-money.tsx';
import { Timings } from './drawer-timings.tsx';
import { useRowIds } from './rows.ts';

/** One request with everything that is kept about it, at its own address; `j` and `k` go on to the next and previous row of the list behind it. */
export function RequestDrawer() {
  const t = useT(audit);
  const f = useFormat();
  const { requestId } = useParams({ from: '/audit/$requestId' });
  const search = useSearch({ from: '/audit' });
  const navigate = useNavigate();
  const entry = useQuery(requestQuery(requestId));
  const ids = useRowIds();
  const at = ids.indexOf(requestId);
  const [previous, next] = at === -1 ? [undefined, undefined] : [ids[at - 1], ids[at + 1]];
  const go = (id: string | undefined): void => { if (id !== undefined) void navigate({ to: '/audit/$requestId', params: { requestId: id }, search, replace: true, resetScroll: false }); };
  useWalk({ previous: () => go(previous), next: () => go(next) });
  return (
    <Drawer title={t('requestTitle')} onClose={() => { void navigate({ to: '/audit', search, resetScroll: false }); }}
      description={<span className="mono">{requestId}</span>}
      footer={(
        <>
          <CopyButton text={requestId} label={t('copyId')} />
          {entry.data !== undefined && <CopyButton text={JSON.stringify(entry.data, null, 2)} label={t('copyJson')} />}
          {entry.data !== undefined && <TryAgain requestId={requestId} />}
          {at !== -1 && <span className="walk"><IconButton label={t('previousRow')} disabled={previous === undefined} onClick={() => go(previous)}><ChevronUp aria-hidden size={18} /></IconButton><IconButton label={t('nextRow')} disabled={next === undefined} onClick={() => go(next)}><ChevronDown aria-hidden size={18} /></IconButton></span>}
        </>
      )}>
      <QueryView query={entry} skeleton={<div className="stack"><Skeleton shape="title" /><Skeleton shape="card" /><Skeleton shape="chart" /></div>}>
        {(row) => <Details row={row} when={<>{f.dateTime(row.at, 'full', zoneOf(search))} · <RelativeTime at={row.at} /></>} />}
      </QueryView>
    </Drawer>
  );
}

function TryAgain({ requestId }: { readonly requestId: string }) {
  const t = useT(audit);
  return useMay('member') ? <Link to="/test" search={{ from: requestId }} className={buttonClass('secondary', true)}>{t('testWithThese')}</Link> : null;
}

/** The dialog keeps the page's own single keys silent, so these listen by themselves. */
function useWalk(actions: { readonly previous: () => void; readonly next: () => void }): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if ((event.key !== 'j' && event.key !== 'k') || event.defaultPrevented || !shortcutsEnabled() || isTyping(event) || document.querySelectorAll('dialog[open]').length !== 1) return;
      event.preventDefault();
      if (event.key === 'j') latest.current.next();
      else latest.current.previous();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}

function Details({ row, when }: { readonly row: LedgerEntry; readonly when: ReactNode }) {
  const t = useT(audit);
  const codeName = useCodeName();
  const { decision } = row;
  return (
    <div className="stack request">
      <div className="row"><StatusBadge status={row.status} />{decision !== null && <DecidedBy stage={decision.stage} tier={decision.tier} score={decision.score} />}<span className="muted">{when}</span></div>
      {row.errorCode !== undefined && <div className="request__error"><p><strong>{codeName(row.errorCode)}</strong> <code>{row.errorCode}</code></p><p className="muted">{t('errorNote')}</p></div>}
      <Facts row={row} />
      <Section title={t('timings')}><Timings entry={row} /></Section>
      <Section title={t('attempts')}><Attempts entry={row} /></Section>
      <Section title={t('tokensAndPrice')}><MoneyTable entry={row} /></Section>
      <Section title={t('content')}><Content entry={row} /></Section>
      {decision === null ? <p className="muted">{t('noDecision')}</p> : <Section title={t('whyHere')}><DecisionTrace decision={decision} /></Section>}
    </div>
  );
}

const Section = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => <section className="request__part"><h3 className="request__title">{title}</h3>{children}</section>;

function Facts({ row }: { readonly row: LedgerEntry }) {
  const t = useT(audit);
  const keys = useQuery({ ...keysQuery, enabled: useMay('member') }).data;
  const facts: readonly (readonly [string, ReactNode])[] = [
    [t('askedFor'), <code key="asked">{row.requestedModel}</code>],
    [t('routedTo'), row.servedModel === null ? t('nothingServed') : <><code>{row.servedModel}</code> <span className="muted">{[row.provider, row.upstreamModel].filter(Boolean).join(' · ')}</span></>],
    [t('key'), <Link key="key" to="/keys/$keyId" params={{ keyId: row.keyId }}>{keys?.find(({ id }) => id === row.keyId)?.name ?? row.keyId}</Link>],
    [t('dialect'), row.dialect],
    [t('finish'), <>{row.finish.unified}{row.finish.raw !== null && row.finish.raw !== row.finish.unified && <span className="muted"> ({row.finish.raw})</span>}</>],
    ...(decisionVersion(row) === null ? [] : [[t('rules'), <Link key="rules" to="/rules">{t('rulesVersion', { version: decisionVersion(row) ?? '' })}</Link>] as const]),
    ...(row.sessionId === null ? [] : [[t('session'), <code key="session">{row.sessionId}</code>] as const]),
    ...(row.user === undefined ? [] : [[t('user'), <code key="user">{row.user}</code>] as const]),
    ...(row.tag === undefined ? [] : [[t('tag'), <code key="tag">{row.tag}</code>] as const]),
    ...(row.clientRequestId === undefined ? [] : [[t('clientRequestId'), <code key="client">{row.clientRequestId}</code>] as const]),
    ...(row.translation === undefined ? [] : [[t('translation'), row.translation] as const]),
    ...(row.source === 'live' ? [] : [[t('source'), t(row.source === 'demo' ? 'sourceDemo' : 'sourceDashboard')] as const]),
  ];
  return <dl className="pairs">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

const decisionVersion = ({ decision }: LedgerEntry): string | null => (decision === null || decision.policyVersion === 0 ? null : String(decision.policyVersion));
