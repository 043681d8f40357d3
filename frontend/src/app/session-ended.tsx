import { useEffect } from 'react';
import { queryClient } from '../api/query-client.ts';
import { rememberReturn } from '../auth/return-path.ts';
import { onResume, useSessionState } from '../auth/session.ts';
import { shell } from '../i18n/en/shell.ts';
import { useT } from '../i18n/use-t.tsx';
import { Button, buttonClass } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';

/** Over the page as it was, with whatever was typed into it: signing in happens in another tab. */
export function SessionEnded() {
  const t = useT(shell);
  const state = useSessionState();
  useEffect(() => onResume(() => { void queryClient.invalidateQueries(); }), []);
  if (state !== 'ended') return null;
  const leave = (): void => {
    rememberReturn();
    location.assign('/login');
  };
  return (
    <Dialog guarded size="small" title={t('endedTitle')} description={t('endedText')} onClose={() => {}} footer={(
      <>
        <a className={buttonClass('primary')} data-autofocus href="/login?other=1" target="_blank" rel="noopener">{t('endedAction')}</a>
        <Button kind="ghost" onClick={leave}>{t('endedOther')}</Button>
      </>
    )} />
  );
}
