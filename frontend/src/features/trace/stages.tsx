import type { Decision } from '../../../../functions/contract/decision.ts';
import type { RoutingDocument } from '../../../../functions/contract/routing.ts';
import { STAGES, type Stage } from '../../../../functions/contract/words.ts';
import { trace } from '../../i18n/en/trace.ts';
import { useT, type T } from '../../i18n/use-t.tsx';
import { Badge, useTierName } from '../../ui/badge.tsx';
import { cx } from '../../ui/cx.ts';
import { TriedRules } from './tried-rules.tsx';

type State = 'decided' | 'passed' | 'notReached' | 'handedOver' | 'failed';
const TITLES = { passthrough: 'direct', alias: 'alias', pattern: 'pattern', auto: 'auto' } as const;
const STATES = { decided: 'stateDecided', passed: 'statePassed', notReached: 'stateNotReached', handedOver: 'stateHandedOver', failed: 'stateFailed' } as const;

function stateOf(stage: Stage, { stage: decided, via, route }: Decision): State {
  const [at, end] = [STAGES.indexOf(stage), STAGES.indexOf(decided)];
  if (at < end) return 'passed';
  const isLast = via === 'auto' ? stage === 'auto' : at === end;
  if (isLast) return route.length === 0 ? 'failed' : 'decided';
  return at === end ? 'handedOver' : 'notReached';
}

/** The four stages in order, each with what it did in one sentence. */
export function Stages({ decision, document }: { readonly decision: Decision; readonly document: RoutingDocument | undefined }) {
  const t = useT(trace);
  const tierName = useTierName();
  return (
    <ol className="stages">
      {STAGES.map((stage, at) => {
        const state = stateOf(stage, decision);
        return (
          <li key={stage} className={cx('stages__one', (state === 'decided' || state === 'failed') && 'stages__one--decided', (state === 'notReached' || state === 'passed') && 'stages__one--quiet')}>
            <span className="stages__number" aria-hidden>{at + 1}</span>
            <div className="stages__text">
              <p className="stages__name">{t(TITLES[stage])}</p>
              <p>{sentence({ t, tierName, stage, state, decision, document })}</p>
              {stage === 'pattern' && document !== undefined && document.patterns.some(({ enabled }) => enabled) && state !== 'notReached' && <TriedRules decision={decision} document={document} />}
            </div>
            <Badge tone={state === 'decided' ? 'good' : state === 'failed' ? 'bad' : 'neutral'}>{t(STATES[state])}</Badge>
          </li>
        );
      })}
    </ol>
  );
}

interface Told { readonly t: T<typeof trace.en>; readonly tierName: (tier: string | null) => string; readonly stage: Stage; readonly state: State; readonly decision: Decision; readonly document: RoutingDocument | undefined }

function sentence({ t, tierName, stage, state, decision, document }: Told): string {
  const { requestedModel: asked, route, ruleId, score, tier } = decision;
  if (state === 'notReached') return t('notReached');
  const model = route[0] ?? t('modelUnknown');
  const inWords = (target: string | undefined): string => (target === undefined || target.startsWith('model:') ? target?.slice('model:'.length) ?? model : target === 'auto' ? t('targetAuto') : t('targetTier', { tier: tierName(target.slice('tier:'.length)) }));
  const unserved = state === 'failed' && stage !== 'auto' ? ` ${t('failedAll')}` : '';
  switch (stage) {
    case 'passthrough': return state === 'passed' ? t('directPassed', { asked }) : `${t('directDecided', { asked })}${unserved}`;
    case 'alias':
      if (state === 'passed') return t('aliasPassed', { asked });
      return state === 'handedOver' ? t('aliasHandedOver', { asked }) : `${t('aliasDecided', { asked, target: inWords(document?.aliases.find(({ name }) => name === asked)?.target) })}${unserved}`;
    case 'pattern': {
      if (state === 'passed') return t(document?.patterns.length === 0 ? 'patternNone' : 'patternPassed');
      const rule = document?.patterns.find(({ id }) => id === ruleId);
      const name = rule?.name ?? ruleId ?? '';
      return state === 'handedOver' ? t('patternHandedOver', { rule: name }) : `${t('patternDecided', { rule: name, target: inWords(rule?.target) })}${unserved}`;
    }
    case 'auto':
      if (score === null) return t('autoUnscored', { model });
      return state === 'failed' ? t('autoFailed', { score, tier: tierName(tier) }) : t('autoDecided', { score, tier: tierName(tier), model });
  }
}
