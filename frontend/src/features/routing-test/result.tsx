import { Link } from '@tanstack/react-router';
import { gatewayUrl } from '../../app/config.ts';
import { useFormat } from '../../format/use-format.ts';
import { routingTest } from '../../i18n/en/routing-test.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Badge, tierColor, useStageName, useTierName } from '../../ui/badge.tsx';
import { buttonClass } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { CodeBlock } from '../../ui/code-block.tsx';
import { DecisionTrace } from '../trace/trace.tsx';
import { curlOf } from './request.ts';
import type { Run } from './runs.ts';

/** Where the request would go, why, and the same for programs. */
export function Result({ run }: { readonly run: Run }) {
  const t = useT(routingTest);
  const { answer: { decision }, body, dialect, draft } = run;
  return (
    <>
      <Verdict run={run} />
      {decision !== null && <Card title={t('trace')}><DecisionTrace key={run.number} decision={decision} document={draft} /></Card>}
      <Card title={t('decision')}>
        <div className="stack">
          {decision !== null && <details className="tried"><summary>{t('decisionJson')}</summary><CodeBlock code={JSON.stringify(decision, null, 2)} label={t('decisionJson')} /></details>}
          <details className="tried"><summary>{t('curl')}</summary><p className="field__hint">{t('curlHint')}</p><CodeBlock code={curlOf(body, dialect, `${gatewayUrl()}/v1`)} label={t('curl')} /></details>
        </div>
      </Card>
    </>
  );
}

function Verdict({ run: { answer: { decision, error, decidedInMs }, draft } }: { readonly run: Run }) {
  const t = useT(routingTest);
  const f = useFormat();
  const tierName = useTierName();
  const stageName = useStageName();
  const model = decision?.route[0];
  const cost = decision?.candidates.find((candidate) => candidate.model === model)?.estCostMicros;
  const baseline = decision?.baseline;
  const saving = cost === undefined || cost === null || baseline === undefined || baseline === null || baseline.estCostMicros === null ? undefined : baseline.estCostMicros - cost;
  return (
    <Card title={t(error === null ? 'wouldGo' : 'wouldFail')} className="verdict">
      <div className="stack" aria-live="polite">
        <p className="verdict__model" data-verdict>{error === null ? model : `${error.status} ${error.code}`}</p>
        {error !== null && <p>{t('answered', { status: error.status, code: error.code, message: error.message })}</p>}
        <div className="row">
          {decision !== null && (decision.tier === null ? <Badge>{stageName(decision.stage)}</Badge> : <Badge dot={tierColor(decision.tier)}>{tierName(decision.tier)}</Badge>)}
          {decision !== null && decision.score !== null && <Badge>{t('score', { score: decision.score })}</Badge>}
          <Badge>{t('decidedIn', { ms: f.duration(decidedInMs) })}</Badge>
          {cost !== undefined && cost !== null && <Badge>{t('estimated', { cost: f.money(cost) })}</Badge>}
          {saving !== undefined && <Badge tone={saving > 0 ? 'good' : 'neutral'}>{saving === 0 ? t('noSaving') : t(saving > 0 ? 'saves' : 'costsMore', { amount: f.money(Math.abs(saving)), model: baseline?.model ?? '' })}</Badge>}
          {draft !== undefined && <Badge tone="warn">{t('underDraft')}</Badge>}
        </div>
        {error !== null && <div className="row"><Link to="/rules" className={buttonClass('secondary', true)}>{t('fixRules')}</Link><Link to="/models" className={buttonClass('secondary', true)}>{t('fixModels')}</Link></div>}
      </div>
    </Card>
  );
}

/** Before the first run: what there is to see. */
export function NoResult() {
  const t = useT(routingTest);
  return (
    <Card title={t('emptyTitle')}>
      <ol className="stages">
        {([t('emptyDirect'), t('emptyAlias'), t('emptyPattern'), t('emptyAuto')]).map((text, at) => <li key={text} className="stages__one"><span className="stages__number" aria-hidden>{at + 1}</span><p className="stages__text">{text}</p></li>)}
      </ol>
    </Card>
  );
}
