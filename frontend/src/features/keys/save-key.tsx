import { useBlocker } from '@tanstack/react-router';
import { Download } from 'lucide-react';
import { useRef, useState } from 'react';
import { saveFile } from '../../api/download.ts';
import type { KeyCreated } from '../../api/types.ts';
import { gatewayUrl } from '../../app/config.ts';
import { keys } from '../../i18n/en/keys.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { Snippets } from '../../ui/code-block.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SwitchField } from '../../ui/fields.tsx';
import { FirstRequest } from './first-request.tsx';
import { envFile, maskedKey, snippetsFor } from './snippets.ts';

/** The only time that a key is seen in full: nothing but its own button closes it, not Escape, not Back, not a click beside it. */
export function SaveKey({ made, onClose }: { readonly made: KeyCreated; readonly onClose: () => void }) {
  const t = useT(keys);
  const { key } = made;
  // Leaving the page would lose the key; a reload asks the browser's own question.
  useBlocker({ shouldBlockFn: ({ current, next }) => key !== undefined && current.pathname !== next.pathname, enableBeforeUnload: () => key !== undefined });
  if (key === undefined) return <Dialog guarded size="small" title={t('saveTitle')} onClose={onClose} footer={<Button kind="primary" onClick={onClose}>{t('haveSaved')}</Button>}><Alert kind="warning">{t('notShown')}</Alert></Dialog>;
  return <Shown made={made} apiKey={key} onClose={onClose} />;
}

function Shown({ made, apiKey, onClose }: { readonly made: KeyCreated; readonly apiKey: string; readonly onClose: () => void }) {
  const t = useT(keys);
  const text = useRef<HTMLElement>(null);
  const [isCopied, setCopied] = useState(false);
  const [isStored, setStored] = useState(false);
  const [isShown, setShown] = useState(false);
  const [mustPress, setMustPress] = useState(false);
  const isWindows = navigator.platform.startsWith('Win');
  const base = gatewayUrl();
  const real = snippetsFor(base, apiKey, isWindows);
  const masked = snippetsFor(base, maskedKey(apiKey), isWindows);
  const isSaved = isCopied || isStored;
  const saved = (): void => setCopied(true);
  const select = (): void => {
    setMustPress(true);
    if (text.current !== null) getSelection()?.selectAllChildren(text.current);
  };
  const notes: Readonly<Record<string, string>> = { 'claude-code': t('claudeNote'), anthropic: t('anthropicNote') };
  return (
    <Dialog guarded size="wide" title={t('saveTitle')} description={t('saveText', { name: made.name })} onClose={onClose} footer={(
      <>
        <FirstRequest keyId={made.id} />
        <span className="save-key__end">
          <Button icon={<Download aria-hidden size={15} />} onClick={() => { saveFile(new Blob([envFile(base, apiKey), '\n'], { type: 'text/plain' }), '.env'); saved(); }}>{t('downloadEnv')}</Button>
          <Button kind="primary" disabled={!isSaved} title={isSaved ? undefined : t('haveSavedHint')} onClick={onClose}>{t('haveSaved')}</Button>
        </span>
      </>
    )}>
      <div className="stack">
        <div className="save-key">
          <code ref={text} className="save-key__text" translate="no">{apiKey}</code>
          <CopyButton kind="primary" autoFocus text={apiKey} label={t('copyKey')} onCopied={saved} onFailed={select} />
        </div>
        {mustPress && <Alert kind="info">{t('copyManually', { keys: navigator.platform.startsWith('Mac') ? '⌘C' : 'Ctrl+C' })}</Alert>}
        <Alert kind="warning">{t('once')}</Alert>
        <label className="check"><input type="checkbox" checked={isStored} onChange={(event) => setStored(event.target.checked)} />{t('storedOtherwise')}</label>
        <section className="stack" aria-label={t('tryIt')}>
          <Snippets label={t('tryIt')} onCopied={saved} snippets={real.map(({ id, name, code }, at) => ({ id, name, code: isShown ? code : masked[at]?.code ?? '', copy: code, ...(notes[id] !== undefined && { note: notes[id] }) }))} />
          <SwitchField label={t('showKey')} isChecked={isShown} onChange={setShown} />
        </section>
      </div>
    </Dialog>
  );
}
