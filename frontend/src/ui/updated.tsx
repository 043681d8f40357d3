import { RefreshCw } from 'lucide-react';
import { queryClient } from '../api/query-client.ts';
import { useFormat } from '../format/use-format.ts';
import { ui } from '../i18n/en/ui.ts';
import { useT } from '../i18n/use-t.tsx';
import { IconButton } from './button.tsx';
import { useNow } from './values.tsx';

/** How old the figures are, and a button that asks for new ones. */
export function Updated({ at, isFetching }: { readonly at: number; readonly isFetching: boolean }) {
  const t = useT(ui);
  const f = useFormat();
  const now = useNow();
  return (
    <span className="updated">
      {at > 0 && <span className="muted number">{t('updated', { when: f.relative(at, Math.max(at, now)) })}</span>}
      <IconButton label={t('refresh')} aria-busy={isFetching} onClick={() => { void queryClient.invalidateQueries(); }}><RefreshCw aria-hidden size={15} /></IconButton>
    </span>
  );
}
