import type { LedgerEntry } from '../../api/types.ts';
import { audit } from '../../i18n/en/audit.ts';
import { useMay } from '../../api/me.ts';
import { useT } from '../../i18n/use-t.tsx';
import { RelativeTime } from '../../ui/values.tsx';

/** What was said is not kept; a rating is, and a comment where the key asks for that. */
export function Content({ entry: { feedback } }: { readonly entry: LedgerEntry }) {
  const t = useT(audit);
  const isAdmin = useMay('admin');
  return (
    <div className="stack stack--tight">
      <p className="muted">{t('contentNotStored')}</p>
      {feedback === undefined ? <p className="muted">{t('noFeedback')}</p> : (
        <>
          <p>{feedback.rating === 'up' ? t('ratedUp') : feedback.rating === 'down' ? t('ratedDown') : t('ratedNumber', { rating: String(feedback.rating) })} <span className="muted"><RelativeTime at={feedback.at} /></span></p>
          {feedback.comment !== undefined && <blockquote className="comment">{feedback.comment}</blockquote>}
          {feedback.comment !== undefined && <p className="field__hint">{t('commentAudited')}</p>}
          {feedback.hasComment && !isAdmin && <p className="muted">{t('commentForAdmins')}</p>}
        </>
      )}
    </div>
  );
}
