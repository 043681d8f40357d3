import { useState, type ReactNode } from 'react';
import { ui } from '../i18n/en/ui.ts';
import { useT } from '../i18n/use-t.tsx';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';

/** For a dialog with a form: `close` asks once when something was entered. Render `question` inside or beside the dialog. */
export function useLeaveGuard(isDirty: boolean, onClose: () => void): { readonly close: () => void; readonly question: ReactNode } {
  const t = useT(ui);
  const [isAsking, setAsking] = useState(false);
  const stay = (): void => setAsking(false);
  return {
    close: () => (isDirty ? setAsking(true) : onClose()),
    question: isAsking && (
      <Dialog title={t('unsavedTitle')} description={t('unsavedText')} size="small" onClose={stay} footer={<><Button kind="danger" onClick={() => { stay(); onClose(); }}>{t('leave')}</Button><Button data-autofocus onClick={stay}>{t('stay')}</Button></>} />
    ),
  };
}
