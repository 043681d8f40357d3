import type { LedgerEntry } from '../../api/types.ts';
import { useFormat } from '../../format/use-format.ts';
import { audit } from '../../i18n/en/audit.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Money, Unknown } from '../../ui/values.tsx';

const CLASSES = ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'output', 'reasoning'] as const;

/** Tokens by class, what they cost, and against what that was a saving; to the last digit. */
export function MoneyTable({ entry }: { readonly entry: LedgerEntry }) {
  const t = useT(audit);
  const f = useFormat();
  const { tokens, decision, costMicros, overheadMicros, baselineMicros, savedMicros } = entry;
  const exact = (micros: number | null) => (micros === null ? <Money micros={null} /> : <span className="number">{f.exactMoney(micros)}</span>);
  return (
    <div className="stack stack--tight">
      <dl className="pairs">
        {CLASSES.filter((name) => name === 'input' || name === 'output' || (tokens[name] ?? 0) > 0).map((name) => <div key={name}><dt>{t(`tok_${name}`)}</dt><dd className="number">{tokens[name] === undefined ? <Unknown /> : f.exactCount(tokens[name])}</dd></div>)}
        <div><dt>{t('cost')}</dt><dd>{exact(costMicros)}</dd></div>
        {overheadMicros !== 0 && <div><dt>{t('overhead')}</dt><dd>{exact(overheadMicros)}</dd></div>}
        {decision?.baseline && <div><dt>{t.rich('baseline', { model: <code>{decision.baseline.model}</code> })}</dt><dd>{exact(baselineMicros)}</dd></div>}
        <div><dt>{t('saved')}</dt><dd className={(savedMicros ?? 0) < 0 ? 'loss' : undefined}>{savedMicros === null ? <Unknown why={t('nothingToSave')} /> : exact(savedMicros)}</dd></div>
      </dl>
      <p className="field__hint">{entry.priceVersion === 'override' ? t('priceOwn') : t('priceNote', { version: entry.priceVersion })} {t(entry.usage === 'measured' ? 'usageMeasured' : 'usageEstimated')}</p>
    </div>
  );
}
