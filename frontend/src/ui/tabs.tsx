import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react';

export interface TabsProps {
  readonly label: string;
  /** Makes the ids of the tabs unique in the page. */
  readonly idPrefix: string;
  readonly tabs: readonly { readonly id: string; readonly name: ReactNode }[];
  readonly chosen: string;
  readonly onChoose: (id: string) => void;
  readonly children: ReactNode;
}

/** Tabs by the usual keys: arrows, Home and End choose. The panel is whatever belongs to the chosen one. */
export function Tabs({ label, idPrefix, tabs, chosen, onChoose, children }: TabsProps) {
  const list = useRef<HTMLDivElement>(null);
  // Where the tabs do not fit side by side, the chosen one is in sight.
  useEffect(() => {
    const tab = list.current?.querySelector<HTMLElement>('[aria-selected=true]');
    if (list.current === null || !tab) return;
    const { offsetLeft: left, offsetWidth: width } = tab;
    const { scrollLeft, clientWidth } = list.current;
    if (left < scrollLeft || left + width > scrollLeft + clientWidth) list.current.scrollLeft = left - (clientWidth - width) / 2;
  }, [chosen]);
  const move = (event: KeyboardEvent): void => {
    const at = tabs.findIndex(({ id }) => id === chosen);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    const tab = next === undefined ? undefined : tabs[(next + tabs.length) % tabs.length];
    if (tab === undefined) return;
    event.preventDefault();
    onChoose(tab.id);
    list.current?.querySelector<HTMLElement>(`[data-tab="${CSS.escape(tab.id)}"]`)?.focus();
  };
  return (
    <div className="tabs">
      <div className="tabs__list" role="tablist" aria-label={label} ref={list}>
        {tabs.map(({ id, name }) => (
          <button key={id} type="button" role="tab" data-tab={id} id={`${idPrefix}-${id}`} aria-selected={id === chosen} aria-controls={`${idPrefix}-panel`} tabIndex={id === chosen ? 0 : -1} className="tabs__tab" onClick={() => onChoose(id)} onKeyDown={move}>{name}</button>
        ))}
      </div>
      <div role="tabpanel" id={`${idPrefix}-panel`} aria-labelledby={`${idPrefix}-${chosen}`} className="tabs__panel">{children}</div>
    </div>
  );
}
