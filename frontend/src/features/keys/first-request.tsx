import { useQuery } from '@tanstack/react-query';
import { refusalsQuery, recentRequestsQuery } from '../../api/requests.ts';
import { useFormat } from '../../format/use-format.ts';
import { keys } from '../../i18n/en/keys.ts';
import { useT } from '../../i18n/use-t.tsx';

const POLL_MS = 2_000;

/** Waits for the first request of a key and says how it went; refused attempts too, for that is where people are stuck. */
export function FirstRequest({ keyId }: { readonly keyId: string }) {
  const t = useT(keys);
  const f = useFormat();
  const recent = useQuery({ ...recentRequestsQuery({ key: [keyId], limit: 1 }, POLL_MS) }).data?.items[0];
  const refused = useQuery({ ...refusalsQuery({ range: '1h' }), refetchInterval: recent === undefined ? POLL_MS : false }).data?.items.find((sample) => sample.keyId === keyId);
  return (
    <span className="first-request" role="status">
      <span className={recent === undefined ? 'first-request__dot' : 'first-request__dot first-request__dot--done'} aria-hidden />
      {recent !== undefined ? (
        <span>
          {t('first', { status: recent.status, model: recent.servedModel ?? recent.requestedModel, time: f.duration(recent.latencyMs) })}{recent.savedMicros !== null && recent.savedMicros > 0 ? `, ${t('firstSaved', { money: f.money(recent.savedMicros) })}` : ''}{' '}
          <a href={`/audit/${recent.requestId}`} target="_blank" rel="noopener">{t('view')}</a>
        </span>
      ) : refused !== undefined ? <span>{t('refusedAttempt', { status: String(refused.status), code: refused.code })}</span> : t('listening')}
    </span>
  );
}
