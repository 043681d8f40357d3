import type { ReactNode } from 'react';
import { rules } from '../../i18n/en/rules.ts';
import { ui } from '../../i18n/en/ui.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useLeaveGuard } from '../../ui/leave-guard.tsx';

/** A form in a dialog that puts its result into the draft; leaving it with something entered is asked about once. */
export function FormDialog({ title, isDirty, size = 'normal', onSubmit, onClose, children }: { readonly title: string; readonly isDirty: boolean; readonly size?: 'normal' | 'wide'; readonly onSubmit: () => void; readonly onClose: () => void; readonly children: ReactNode }) {
  const t = useT(rules);
  const words = useT(ui);
  const { close, question } = useLeaveGuard(isDirty, onClose);
  return (
    <>
      <Dialog title={title} size={size} onClose={close} footer={<><Button kind="primary" type="submit" form="rules-form">{t('apply')}</Button><Button onClick={close}>{words('cancel')}</Button><span className="muted">{t('notLiveYet')}</span></>}>
        <form id="rules-form" className="stack" noValidate onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
          requestAnimationFrame(() => document.querySelector<HTMLElement>('#rules-form [aria-invalid=true]')?.focus());
        }}>{children}</form>
      </Dialog>
      {question}
    </>
  );
}
