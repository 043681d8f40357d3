import type { LedgerEntry } from '../../api/types.ts';
import { useFormat } from '../../format/use-format.ts';
import { audit } from '../../i18n/en/audit.ts';
import { useT } from '../../i18n/use-t.tsx';
import { StatusBadge } from '../../ui/badge.tsx';
import { useCodeName } from '../analytics/names.ts';

/** The calls of models that this request made, in order. */
export function Attempts({ entry: { attempts } }: { readonly entry: LedgerEntry }) {
  const t = useT(audit);
  const f = useFormat();
  const codeName = useCodeName();
  if (attempts.length === 0) return <p className="muted">{t('noAttempts')}</p>;
  return (
    <ol className="attempts">
      {attempts.map(({ model, status, errorCode, ms, upstreamRequestId }, index) => (
        <li key={index}>
          <span className="attempts__number" aria-hidden>{index + 1}</span>
          <div><span className="row"><code>{model}</code> <StatusBadge status={status} /> <span className="number muted">{f.duration(ms)}</span></span>
            {errorCode !== undefined && <p>{codeName(errorCode)} <code className="muted">{errorCode}</code></p>}
            {upstreamRequestId !== undefined && <p className="muted">{t('providerId')} <code>{upstreamRequestId}</code></p>}
          </div>
        </li>
      ))}
    </ol>
  );
}
