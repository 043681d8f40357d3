import { useId, useState, type ReactNode } from 'react';
import { ui } from '../i18n/en/ui.ts';
import { useT } from '../i18n/use-t.tsx';
import { Alert } from './alert.tsx';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { useErrorText } from './error-card.tsx';
import { TextField } from './fields.tsx';

export interface ConfirmDialogProps {
  readonly title: string;
  /** The consequence, in numbers where there are any. */
  readonly children: ReactNode;
  readonly confirmText: string;
  readonly busyText?: string;
  readonly kind?: 'danger' | 'primary';
  /** The name that must be typed, for what cannot be undone and is in use. */
  readonly typeName?: string;
  /** The dialog stays open with the error when it rejects. */
  readonly onConfirm: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks before something that cannot be taken back; the focus is on Cancel. */
export function ConfirmDialog({ title, children, confirmText, busyText, kind = 'danger', typeName, onConfirm, onClose }: ConfirmDialogProps) {
  const t = useT(ui);
  const errorText = useErrorText();
  const hint = useId();
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const confirm = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm();
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} size="small" onClose={onClose} footer={(
      <>
        <Button kind={kind} busy={busy} busyText={busyText ?? confirmText} disabled={typeName !== undefined && typed.trim() !== typeName} onClick={() => { void confirm(); }}>{confirmText}</Button>
        <Button data-autofocus onClick={onClose}>{t('cancel')}</Button>
      </>
    )}>
      <div className="stack" id={hint}>
        {error !== undefined && <Alert kind="error">{errorText(error)}</Alert>}
        {children}
        {typeName !== undefined && <TextField label={t('confirmName', { name: typeName })} value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" spellCheck={false} />}
      </div>
    </Dialog>
  );
}
