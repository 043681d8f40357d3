import { TriangleAlert } from 'lucide-react';
import { ApiError } from '../api/errors.ts';
import { ui } from '../i18n/en/ui.ts';
import { refusalText } from '../i18n/locale.ts';
import { useT } from '../i18n/use-t.tsx';
import { Button } from './button.tsx';
import { CopyButton } from './copy-button.tsx';

/** What failed in words: the API's own in the person's language, unless nobody answered. */
export function useErrorText(): (error: unknown) => string {
  const t = useT(ui);
  return (error) => {
    if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
    if (error.code === 'offline') return t('offlineError');
    if (error.code === 'broken_off') return t('brokenOff');
    if (error.code === 'session_ended') return t('sessionEndedError');
    return error.code === 'unreachable' && error.status === null ? t('unreachable') : refusalText(error.code, error.message);
  };
}

export interface ErrorCardProps { readonly error: unknown; readonly onRetry?: (() => void) | undefined; readonly isPage?: boolean }

/** In the place of what failed: what, what still works, the request id, and the way to try again. */
export function ErrorCard({ error, onRetry, isPage = false }: ErrorCardProps) {
  const t = useT(ui);
  const text = useErrorText()(error);
  const known = error instanceof ApiError ? error : undefined;
  if (known?.status === 403) return <div className="empty"><p className="empty__title">{t('forbiddenTitle')}</p><p className="empty__text">{text}</p><p className="empty__text">{t('forbiddenRest')}</p></div>;
  const details = JSON.stringify({ message: text, code: known?.code, status: known?.status, requestId: known?.requestId, page: location.pathname, at: new Date().toISOString() }, null, 2);
  return (
    <div className="error-card" role="alert">
      <TriangleAlert aria-hidden size={18} className="error-card__icon" />
      <div>
        <p className="error-card__title">{t(isPage ? 'failedPage' : 'failedTitle')}</p>
        <p>{text} {t(isPage ? 'failedPageRest' : 'failedRest')}</p>
        {known?.requestId !== undefined && <p className="muted">{t('requestId')} <code>{known.requestId}</code></p>}
        <div className="row">
          {onRetry !== undefined && <Button small onClick={onRetry}>{t('retry')}</Button>}
          <CopyButton text={details} label={t('copyDetails')} />
        </div>
      </div>
    </div>
  );
}
