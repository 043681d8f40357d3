import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { requestQuery } from '../../api/requests.ts';
import type { LedgerEntry } from '../../api/types.ts';
import { routingTest } from '../../i18n/en/routing-test.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Alert } from '../../ui/alert.tsx';
import { Page } from '../../ui/page.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { DIALECTS, type Dialect } from './request.ts';
import { RequestForm, type Prefill } from './request-form.tsx';
import { NoResult, Result } from './result.tsx';
import { RunsCard } from './runs-card.tsx';
import { useRuns, type Run } from './runs.ts';
import './routing-test.css';

export function RoutingTestPage() {
  const t = useT(routingTest);
  const { from } = useSearch({ from: '/test' });
  return (
    <Page title={t('title')} description={t('description')}>
      {from === undefined ? <Tester entry={undefined} /> : <FromRequest key={from} id={from} />}
    </Page>
  );
}

/** Begins with what the log keeps of a request. */
function FromRequest({ id }: { readonly id: string }) {
  const entry = useQuery(requestQuery(id));
  return <QueryView query={entry}>{(data) => <Tester entry={data} />}</QueryView>;
}

function Tester({ entry }: { readonly entry: LedgerEntry | undefined }) {
  const t = useT(routingTest);
  const runs = useRuns();
  const { draft } = useSearch({ from: '/test' });
  const [chosen, setChosen] = useState<number>();
  const shown = runs.find(({ number }) => number === chosen) ?? runs[0];
  const inputs = entry?.decision?.inputs;
  const prefill: Prefill | undefined = entry && { model: entry.requestedModel, dialect: DIALECTS.find((name) => name === entry.dialect) as Dialect | undefined, keyId: entry.keyId, tools: inputs?.request?.toolCount ?? 0 };
  const show = (run: Run): void => setChosen(run.number);
  return (
    <>
      {entry !== undefined && <Alert>{t('prefilled', { id: entry.requestId, count: inputs?.request?.turns ?? 1, tokens: inputs?.inputTokens ?? entry.tokens.input ?? 0 })}</Alert>}
      <div className="tester">
        <RequestForm prefill={prefill} wantsDraft={draft === true} onRun={show} />
        <div className="tester__result">{shown === undefined ? <NoResult /> : <Result run={shown} />}</div>
      </div>
      {runs.length > 0 && <RunsCard runs={runs} shown={shown?.number} onShow={show} />}
    </>
  );
}
