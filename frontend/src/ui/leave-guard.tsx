import { useBlocker } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { ui } from '../i18n/en/ui.ts';
import { useT } from '../i18n/use-t.tsx';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';

/** For a dialog with a form: `close` asks once when something was entered. Render `question` inside or beside the dialog. */
export function useLeaveGuard(isDirty: boolean, onClose: () => void): { readonly close: () => void; readonly question: ReactNode } {
  const [isAsking, setAsking] = useState(false);
  const stay = (): void => setAsking(false);
  return { close: () => (isDirty ? setAsking(true) : onClose()), question: isAsking && <Question onStay={stay} onLeave={() => { stay(); onClose(); }} /> };
}

/** For a form that is a page, or a tab of one: another page, another tab and Back ask first; closing the window asks in the browser's own words. */
export function usePageGuard(isDirty: boolean): ReactNode {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => isDirty && (current.pathname !== next.pathname || (current.search as { tab?: string }).tab !== (next.search as { tab?: string }).tab),
    enableBeforeUnload: () => isDirty, withResolver: true,
  });
  return blocker.status === 'blocked' && <Question onStay={blocker.reset} onLeave={blocker.proceed} />;
}

function Question({ onStay, onLeave }: { readonly onStay: () => void; readonly onLeave: () => void }) {
  const t = useT(ui);
  return <Dialog title={t('unsavedTitle')} description={t('unsavedText')} size="small" onClose={onStay} footer={<><Button kind="danger" onClick={onLeave}>{t('leave')}</Button><Button data-autofocus onClick={onStay}>{t('stay')}</Button></>} />;
}
