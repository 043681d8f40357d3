import { useEffect, useRef, useState } from 'react';

const QUIET_MS = 300;

/** The search field of a page (`/` goes there). Tells of what was typed once the typing pauses; `value` is what the address says. */
export function SearchBox({ label, value, onChange }: { readonly label: string; readonly value: string; readonly onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  const told = useRef(value);
  const tell = useRef(onChange);
  tell.current = onChange;
  useEffect(() => {
    if (value === told.current) return;
    told.current = value;
    setTyped(value);
  }, [value]);
  useEffect(() => {
    if (typed === told.current) return undefined;
    const timer = setTimeout(() => {
      told.current = typed;
      tell.current(typed);
    }, QUIET_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return <input type="search" data-search className="search-box" aria-label={label} placeholder={label} autoComplete="off" spellCheck={false} value={typed} onChange={(event) => setTyped(event.target.value)} />;
}
