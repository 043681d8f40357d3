import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useId, useState, type KeyboardEvent } from 'react';
import { keysQuery } from '../api/keys.ts';
import { useMay } from '../api/me.ts';
import { modelsQuery } from '../api/models.ts';
import { routingQuery } from '../api/routing.ts';
import { signOut } from '../auth/session.ts';
import { shell } from '../i18n/en/shell.ts';
import { currentLocale, setLocale } from '../i18n/locale.ts';
import { useT } from '../i18n/use-t.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { NAV, SETTINGS } from './nav.ts';
import { setTheme } from './theme.ts';

interface Entry { readonly id: string; readonly group: string; readonly text: string; readonly run: () => void }

const MOST = 40;

/** Everything by its name: pages, actions, models, keys and rules. */
export function Palette({ onClose, onHelp }: { readonly onClose: () => void; readonly onHelp: () => void }) {
  const t = useT(shell);
  const id = useId();
  const [search, setSearch] = useState('');
  const [at, setAt] = useState(0);
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = useEntries(onHelp).filter(({ text, group }) => words.every((word) => `${group} ${text}`.toLowerCase().includes(word))).slice(0, MOST);
  const chosen = Math.min(at, found.length - 1);
  const run = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    onClose();
    entry.run();
  };
  const keys = (event: KeyboardEvent): void => {
    const next = { ArrowDown: chosen + 1, ArrowUp: chosen - 1 }[event.key];
    if (event.key === 'Enter') run(found[chosen]);
    else if (next !== undefined && found.length > 0) setAt((next + found.length) % found.length);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={t('paletteTitle')} size="small" onClose={onClose}>
      <input className="palette__field" data-autofocus role="combobox" aria-expanded="true" aria-controls={id} aria-activedescendant={found[chosen] && `${id}-${found[chosen].id}`} aria-label={t('paletteField')} placeholder={t('paletteField')} autoComplete="off" spellCheck={false} value={search} onChange={(event) => { setSearch(event.target.value); setAt(0); }} onKeyDown={keys} />
      <ul id={id} role="listbox" aria-label={t('paletteTitle')} className="palette__list">
        {found.map((entry, index) => (
          // The field has the focus and its keys choose; a click is for those with a mouse.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
          <li key={entry.id} id={`${id}-${entry.id}`} role="option" aria-selected={index === chosen} ref={index === chosen ? scrollHere : undefined} className="palette__one" onClick={() => run(entry)} onPointerMove={() => setAt(index)}><span>{entry.text}</span><span className="muted">{entry.group}</span></li>
        ))}
      </ul>
      {found.length === 0 && <p className="muted" role="status">{t('paletteEmpty')}</p>}
    </Dialog>
  );
}

const scrollHere = (element: HTMLElement | null): void => { void element?.scrollIntoView({ block: 'nearest' }); };

function useEntries(onHelp: () => void): readonly Entry[] {
  const t = useT(shell);
  const navigate = useNavigate();
  const isMember = useMay('member');
  const isAdmin = useMay('admin');
  const models = useQuery({ ...modelsQuery, enabled: isMember }).data ?? [];
  const keys = useQuery({ ...keysQuery, enabled: isMember }).data ?? [];
  const routing = useQuery({ ...routingQuery, enabled: isMember }).data?.document;
  const pages = [...NAV, SETTINGS].filter(({ needs }) => needs === 'viewer' || (needs === 'member' ? isMember : isAdmin));
  const flip = (): void => setTheme(document.documentElement.dataset['theme'] === 'dark' ? 'light' : 'dark');
  return [
    ...pages.map(({ to, name }): Entry => ({ id: `page${to.replaceAll('/', '-')}`, group: t('groupPages'), text: t(name), run: () => { void navigate({ to }); } })),
    ...(isAdmin ? [
      { id: 'add-model', group: t('groupActions'), text: t('addModel'), run: () => { void navigate({ to: '/models', search: { new: true } }); } },
      { id: 'create-key', group: t('groupActions'), text: t('createKey'), run: () => { void navigate({ to: '/keys', search: { new: true } }); } },
    ] : []),
    ...(isMember ? [{ id: 'test', group: t('groupActions'), text: t('testRequest'), run: () => { void navigate({ to: '/test' }); } }] : []),
    { id: 'language', group: t('groupActions'), text: t('switchLanguage'), run: () => { void setLocale(currentLocale() === 'en' ? 'ko' : 'en'); } },
    { id: 'theme', group: t('groupActions'), text: t('switchTheme'), run: flip },
    { id: 'help', group: t('groupActions'), text: t('help'), run: onHelp },
    { id: 'sign-out', group: t('groupActions'), text: t('signOut'), run: () => { void signOut(); } },
    ...models.map(({ id }, index): Entry => ({ id: `model-${index}`, group: t('groupModels'), text: id, run: () => { void navigate({ to: '/models/$modelId', params: { modelId: id } }); } })),
    ...keys.map(({ id, name }): Entry => ({ id: `key-${id}`, group: t('groupKeys'), text: name, run: () => { void navigate({ to: '/keys/$keyId', params: { keyId: id } }); } })),
    ...(routing?.aliases ?? []).map(({ name, target }, index): Entry => ({ id: `alias-${index}`, group: t('groupRules'), text: `${name} → ${target}`, run: () => { void navigate({ to: '/rules', search: { tab: 'alias' } }); } })),
    ...(routing?.patterns ?? []).map(({ id, name, glob }): Entry => ({ id: `rule-${id}`, group: t('groupRules'), text: `${name ?? id}${glob === undefined ? '' : ` (${glob})`}`, run: () => { void navigate({ to: '/rules', search: { tab: 'pattern' } }); } })),
  ];
}
