import type { Decision } from '../../../../functions/contract/decision.ts';
import { useFormat } from '../../format/use-format.ts';
import { trace } from '../../i18n/en/trace.ts';
import { useT } from '../../i18n/use-t.tsx';
import { useTierName } from '../../ui/badge.tsx';
import { Money } from '../../ui/values.tsx';
import { useJudgeError } from './names.ts';

/** What the judge model said, and what asking it took. */
export function JudgeWords({ judge }: { readonly judge: NonNullable<Decision['judge']> }) {
  const t = useT(trace);
  const f = useFormat();
  const tierName = useTierName();
  const judgeError = useJudgeError();
  if (judge === 'not_called') return <p className="trace__note">{t('judgeNotCalled')}</p>;
  return (
    <div className="trace__note">
      <p>{judge.outcome === 'judged' ? t.rich('judgeSaid', { model: <strong>{judge.model}</strong>, score: judge.score ?? 0, tier: tierName(judge.tier) }) : t.rich('judgeFailed', { model: <strong>{judge.model}</strong>, why: judge.error === null ? '' : judgeError(judge.error) })}</p>
      <p className="muted">{judge.cached ? t('judgeCached') : t.rich('judgeTook', { ms: f.duration(judge.ms), cost: <Money micros={judge.costMicros} /> })}</p>
    </div>
  );
}
