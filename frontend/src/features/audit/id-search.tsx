import { useEffect, useRef, useState } from 'react';
import { audit } from '../../i18n/en/audit.ts';
import { useT } from '../../i18n/use-t.tsx';
import { isIdPart } from './ask.ts';

const TYPING_MS = 300;

/** A request id or a part of one; the address follows when the typing pauses. */
export function IdSearch({ value, onChange }: { readonly value: string; readonly onChange: (next: string | undefined) => void }) {
  const t = useT(audit);
  const [typed, setTyped] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => { setTyped(value); }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const isWrong = typed !== '' && !isIdPart(typed.trim());
  return (
    <span className="id-search">
      <input type="search" data-search className="small-select id-search__field" aria-label={t('searchId')} placeholder={t('searchId')} value={typed} maxLength={64} autoComplete="off" spellCheck={false} aria-invalid={isWrong || undefined} aria-describedby={isWrong ? 'id-search-hint' : undefined}
        onChange={(event) => {
          const next = event.target.value;
          setTyped(next);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => onChange(next.trim() === '' ? undefined : next.trim()), TYPING_MS);
        }} />
      {isWrong && <span id="id-search-hint" className="field__error" role="status">{t('searchIdHint')}</span>}
    </span>
  );
}
