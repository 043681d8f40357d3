import type { JudgeError, Need } from '../../../../functions/contract/decision.ts';
import type { Exclusion, Reason } from '../../../../functions/contract/words.ts';
import { trace } from '../../i18n/en/trace.ts';
import { useT } from '../../i18n/use-t.tsx';

/** A signal of the score in words; one that this dashboard does not know yet by its own name. */
export function useFeatureName(): (feature: string) => string {
  const t = useT(trace);
  return (feature) => {
    const key = `feature_${feature}`;
    return key in trace.en ? t(key as 'feature_code') : feature.replaceAll('_', ' ');
  };
}

/** Why that model, in a few words and as a sentence. */
export function useReason(): { name: (reason: Reason) => string; sentence: (reason: Reason) => string } {
  const t = useT(trace);
  return { name: (reason) => t(`reason_${reason}`), sentence: (reason) => t(`because_${reason}`) };
}

/** Why a model cannot serve a request, as a sentence. */
export function useExclusion(): (exclusion: Exclusion) => string {
  const t = useT(trace);
  return (exclusion) => t(`excluded_${exclusion}`);
}

export function useNeed(): (need: Need) => string {
  const t = useT(trace);
  return (need) => t(`need_${need}`);
}

export function useJudgeError(): (error: JudgeError) => string {
  const t = useT(trace);
  return (error) => t(`judge_${error}`);
}

export function useStrategyName(): (strategy: 'static' | 'ml' | 'llm') => string {
  const t = useT(trace);
  return (strategy) => t(`strategy_${strategy}`);
}
