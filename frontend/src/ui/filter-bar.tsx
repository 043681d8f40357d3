import { X } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { ui } from '../i18n/en/ui.ts';
import { useT } from '../i18n/use-t.tsx';
import { Button } from './button.tsx';
import { TextField } from './fields.tsx';
import { Popover } from './popover.tsx';

export interface Filter { readonly id: string; readonly name: string; readonly options: readonly { readonly value: string; readonly label: string }[]; readonly chosen: readonly string[] }

export interface FilterBarProps {
  readonly filters: readonly Filter[];
  readonly onChange: (id: string, chosen: readonly string[]) => void;
  readonly onClear: () => void;
  /** Fields beside the filters, such as a search. */
  readonly children?: ReactNode;
}

/** Filters of several values each; below them what is on, one chip per value. Their state belongs in the address. */
export function FilterBar({ filters, onChange, onClear, children }: FilterBarProps) {
  const t = useT(ui);
  const chips = filters.flatMap(({ id, name, options, chosen }) => chosen.map((value) => ({ id, name, value, label: options.find((option) => option.value === value)?.label ?? value, rest: chosen.filter((other) => other !== value) })));
  return (
    <div className="filters">
      <div className="row">
        {filters.map((filter) => <OneFilter key={filter.id} filter={filter} onChange={(chosen) => onChange(filter.id, chosen)} />)}
        {children}
      </div>
      {chips.length > 0 && (
        <div className="row">
          {chips.map(({ id, name, value, label, rest }) => (
            <button key={`${id}:${value}`} type="button" className="chip" aria-label={t('removeFilter', { name: `${name} ${label}` })} onClick={() => onChange(id, rest)}>{name}: {label}<X aria-hidden size={13} /></button>
          ))}
          <Button small kind="ghost" onClick={onClear}>{t('clearAll')}</Button>
        </div>
      )}
    </div>
  );
}

const MANY = 8;

function OneFilter({ filter: { name, options, chosen }, onChange }: { readonly filter: Filter; readonly onChange: (chosen: readonly string[]) => void }) {
  const t = useT(ui);
  const [search, setSearch] = useState('');
  const shown = options.filter(({ label }) => label.toLowerCase().includes(search.toLowerCase()));
  const first = options.find(({ value }) => value === chosen[0])?.label ?? chosen[0] ?? '';
  return (
    <Popover button={chosen.length === 0 ? t('anyOf', { name }) : t('selected', { name, value: first, count: chosen.length })} buttonClass={chosen.length === 0 ? 'filter' : 'filter filter--on'} label={name}>
      {() => (
        <div className="stack filter__panel">
          {options.length > MANY && <TextField label={t('filterSearch')} value={search} onChange={(event) => setSearch(event.target.value)} />}
          {shown.length === 0 && <p className="muted">{t('noOptions')}</p>}
          {shown.map(({ value, label }) => (
            <label key={value} className="filter__option"><input type="checkbox" checked={chosen.includes(value)} onChange={(event) => onChange(event.target.checked ? [...chosen, value] : chosen.filter((other) => other !== value))} />{label}</label>
          ))}
        </div>
      )}
    </Popover>
  );
}
