import { useQuery } from '@tanstack/react-query';
import { useId, type ReactNode } from 'react';
import { boundariesOf } from '../../../../functions/contract/boundaries.ts';
import type { Decision } from '../../../../functions/contract/decision.ts';
import type { RoutingDocument } from '../../../../functions/contract/routing.ts';
import { useMay } from '../../api/me.ts';
import { routingVersionQuery } from '../../api/routing.ts';
import { trace } from '../../i18n/en/trace.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Candidates } from './candidates.tsx';
import { Facts } from './facts.tsx';
import { JudgeWords } from './judge.tsx';
import { useReason } from './names.ts';
import { Ruler } from './ruler.tsx';
import { ScoreParts } from './score-parts.tsx';
import { Stages } from './stages.tsx';
import './trace.css';

export interface DecisionTraceProps {
  readonly decision: Decision;
  /** The document that decided, where it is no saved version; else the version that the decision names is loaded. */
  readonly document?: RoutingDocument | undefined;
}

/**
 * Why a request went where it went: the four stages in plain sentences, the score on its ruler, the parts it adds up from,
 * the models that were considered and everything else that was known. Shown alike for a test and for a logged request;
 * headings are `<h3>`, so that a card or drawer with an `<h2>` goes around it.
 */
export function DecisionTrace({ decision, document }: DecisionTraceProps) {
  const t = useT(trace);
  const reason = useReason();
  const version = useQuery({ ...routingVersionQuery(decision.policyVersion), enabled: useMay('member') && document === undefined && decision.policyVersion > 0 });
  const rules = document ?? version.data?.document;
  const { score, marginToNextTier, judge } = decision;
  const boundaries = rules === undefined ? undefined : boundariesOf(rules.auto);
  const hasParts = decision.contributions.length > 0 || (score !== null && typeof judge !== 'object');
  return (
    <div className="trace">
      {score !== null && boundaries !== undefined && (
        <div className="trace__part">
          <Ruler boundaries={boundaries} score={score} />
          <p className="muted">{marginToNextTier === null ? t('marginTop') : t('marginUp', { count: marginToNextTier })}</p>
        </div>
      )}
      {decision.route.length > 0 && <p>{reason.sentence(decision.reason)}</p>}
      <Part title={t('stagesTitle')}><Stages decision={decision} document={rules} /></Part>
      {score !== null && (
        <Part title={t('partsTitle', { score })}>
          {judge !== null && <JudgeWords judge={judge} />}
          {hasParts ? <><ScoreParts decision={decision} /><p className="field__hint">{t('partsNote')}</p></> : <p className="muted">{t('partsJudge')}</p>}
        </Part>
      )}
      <Part title={t('candidatesTitle')}><Candidates decision={decision} /></Part>
      <Part title={t('factsTitle')}><Facts decision={decision} isSaved={document === undefined} /></Part>
    </div>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const id = useId();
  return <section className="trace__part" aria-labelledby={id}><h3 id={id} className="trace__title">{title}</h3>{children}</section>;
}
