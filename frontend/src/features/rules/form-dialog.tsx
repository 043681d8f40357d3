import { useState, type ReactNode } from 'react';
import { rules } from '../../i18n/en/rules.ts';
import { ui } from '../../i18n/en/ui.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Dialog } from '../../ui/dialog.tsx';

/** A form in a dialog that puts its result into the draft; leaving it with something entered is asked about once. */
export function FormDialog({ title, isDirty, size = 'normal', onSubmit, onClose, children }: { readonly title: string; readonly isDirty: boolean; readonly size?: 'normal' | 'wide'; readonly onSubmit: () => void; readonly onClose: () => void; readonly children: ReactNode }) {
  const t = useT(rules);
  const words = useT(ui);
  const [asks, setAsks] = useState(false);
  const leave = (): void => (isDirty ? setAsks(true) : onClose());
  return (
    <>
      <Dialog title={title} size={size} onClose={leave} footer={<><Button kind="primary" type="submit" form="rules-form">{t('apply')}</Button><Button onClick={leave}>{words('cancel')}</Button><span className="muted">{t('notLiveYet')}</span></>}>
        <form id="rules-form" className="stack" noValidate onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
          requestAnimationFrame(() => document.querySelector<HTMLElement>('#rules-form [aria-invalid=true]')?.focus());
        }}>{children}</form>
      </Dialog>
      {asks && <ConfirmDialog title={words('unsavedTitle')} confirmText={words('leave')} onConfirm={async () => { onClose(); await Promise.resolve(); }} onClose={() => setAsks(false)}><p>{words('unsavedText')}</p></ConfirmDialog>}
    </>
  );
}
