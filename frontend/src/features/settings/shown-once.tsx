import { useRef, useState } from 'react';
import { useBlocker } from '@tanstack/react-router';
import { settings } from '../../i18n/en/settings.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Dialog } from '../../ui/dialog.tsx';

export interface ShownOnceProps {
  readonly title: string;
  /** undefined = it was shown by an earlier attempt: `missing` says so. */
  readonly secret: string | undefined;
  readonly missing: string;
  readonly warning: string;
  readonly copyText: string;
  readonly doneText: string;
  readonly onClose: () => void;
}

/** A secret that is shown once: nothing but its own button closes it. */
export function ShownOnce({ title, secret, missing, warning, copyText, doneText, onClose }: ShownOnceProps) {
  const t = useT(settings);
  const text = useRef<HTMLElement>(null);
  const [isDone, setDone] = useState(false);
  useBlocker({ shouldBlockFn: ({ current, next }) => secret !== undefined && current.pathname !== next.pathname, enableBeforeUnload: () => secret !== undefined });
  if (secret === undefined) return <Dialog guarded size="small" title={title} onClose={onClose} footer={<Button kind="primary" onClick={onClose}>{t('close')}</Button>}><Alert kind="warning">{missing}</Alert></Dialog>;
  const select = (): void => {
    if (text.current !== null) getSelection()?.selectAllChildren(text.current);
    setDone(true);
  };
  return (
    <Dialog guarded title={title} onClose={onClose} footer={<Button kind="primary" disabled={!isDone} onClick={onClose}>{doneText}</Button>}>
      <div className="stack">
        <div className="settings__secret"><code ref={text} className="settings__secret-text" translate="no">{secret}</code><CopyButton kind="primary" autoFocus text={secret} label={copyText} onCopied={() => setDone(true)} onFailed={select} /></div>
        <Alert kind="warning">{warning}</Alert>
      </div>
    </Dialog>
  );
}
