import { useId, useState, type ReactNode } from 'react';
import { CopyButton } from './copy-button.tsx';
import { Tabs } from './tabs.tsx';

/** Code to read and copy. `copy` = what is copied where the screen shows less, such as a masked key. */
export function CodeBlock({ code, copy, label, onCopied }: { readonly code: string; readonly copy?: string; readonly label: string; readonly onCopied?: () => void }) {
  return (
    <div className="code">
      <pre className="code__text" tabIndex={0} aria-label={label} translate="no"><code>{code}</code></pre>
      <div className="code__copy"><CopyButton text={copy ?? code} {...(onCopied && { onCopied })} /></div>
    </div>
  );
}

export interface Snippet { readonly id: string; readonly name: string; readonly code: string; readonly copy?: string; readonly note?: ReactNode }

/** The same thing in several languages; the choice is remembered in this browser. */
export function Snippets({ snippets, label, onCopied }: { readonly snippets: readonly Snippet[]; readonly label: string; readonly onCopied?: () => void }) {
  const id = useId();
  const [chosen, setChosen] = useState(() => localStorage.getItem('bsg.snippet') ?? '');
  const shown = snippets.find((snippet) => snippet.id === chosen) ?? snippets[0];
  if (shown === undefined) return null;
  return (
    <Tabs label={label} idPrefix={id} tabs={snippets.map((snippet) => ({ id: snippet.id, name: snippet.name }))} chosen={shown.id} onChoose={(next) => { setChosen(next); localStorage.setItem('bsg.snippet', next); }}>
      <CodeBlock code={shown.code} {...(shown.copy !== undefined && { copy: shown.copy })} label={shown.name} {...(onCopied && { onCopied })} />
      {shown.note !== undefined && <p className="field__hint">{shown.note}</p>}
    </Tabs>
  );
}
