import { useEffect, useRef } from 'react';
import type { ModelTestAnswer } from '../../api/types.ts';
import { useFormat } from '../../format/use-format.ts';
import { models } from '../../i18n/en/models.ts';
import { sentenceText } from '../../i18n/locale.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Alert } from '../../ui/alert.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';

/** What came of a test call: how long it took, or the provider's whole answer and what to do about it. */
export function TestResult({ result, isSaved = false }: { readonly result: ModelTestAnswer; readonly isSaved?: boolean }) {
  const t = useT(models);
  const f = useFormat();
  const box = useRef<HTMLDivElement>(null);
  // Below a long form nobody would see it. In braces: newer browsers return a promise here, which is no clean-up.
  useEffect(() => { void box.current?.scrollIntoView({ block: 'nearest' }); }, [result]);
  const { ok, status, latencyMs, message } = result;
  const hint = result.hint === null ? null : sentenceText(result.hint);
  if (ok) return <Alert kind="success" title={t('answered', { time: f.duration(latencyMs) })}>{t('answeredText')}</Alert>;
  const what = status === null ? message : `${t('httpStatus', { status: String(status) })}: ${message}`;
  return (
    <div ref={box}><Alert kind="error" title={t(isSaved ? 'failedSaved' : 'failed')}>
      <div className="stack model-test"><p>{what}</p>{hint !== null && <p>{hint}</p>}<div><CopyButton text={[what, hint].filter(Boolean).join('\n')} label={t('copyError')} /></div></div>
    </Alert></div>
  );
}
