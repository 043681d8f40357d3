import { Outlet, useLocation } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useMe } from '../api/me.ts';
import { shell } from '../i18n/en/shell.ts';
import { useT } from '../i18n/use-t.tsx';
import { ErrorBoundary } from '../ui/error-boundary.tsx';
import { ToastRegion } from '../ui/toast.tsx';
import { NARROW, useMedia } from '../ui/use-media.ts';
import { Banners } from './banners.tsx';
import { useGlobalKeys } from './keyboard.ts';
import { SessionEnded } from './session-ended.tsx';
import { Sidebar } from './sidebar.tsx';
import { TopBar } from './top-bar.tsx';
import { Stranger } from './stranger.tsx';

const Palette = lazy(async () => ({ default: (await import('./palette.tsx')).Palette }));
const KeyboardHelp = lazy(async () => ({ default: (await import('./keyboard-help.tsx')).KeyboardHelp }));

/** The frame around every page: navigation, banners, dialogs that may come at any time. */
export function Shell() {
  const t = useT(shell);
  const me = useMe();
  const { pathname } = useLocation();
  const isNarrow = useMedia(NARROW);
  const [open, setOpen] = useState<'palette' | 'help'>();
  const close = (): void => setOpen(undefined);
  useGlobalKeys({ openPalette: () => setOpen('palette'), openHelp: () => setOpen('help') });
  useEffect(close, [pathname]);
  if (me.tenantId === null && pathname !== '/invite') return <Stranger me={me} />;
  const chrome = { onSearch: () => setOpen('palette'), onHelp: () => setOpen('help') };
  return (
    <div className="shell">
      <a className="skip" href="#content">{t('skip')}</a>
      {isNarrow ? <TopBar {...chrome} /> : <Sidebar {...chrome} />}
      <main id="content" className="shell__main" tabIndex={-1}>
        <Banners />
        <ErrorBoundary isPage key={pathname.split('/')[1]}><Suspense><Outlet /></Suspense></ErrorBoundary>
      </main>
      <ToastRegion />
      <SessionEnded />
      <Suspense>{open === 'palette' ? <Palette onClose={close} onHelp={() => setOpen('help')} /> : open === 'help' ? <KeyboardHelp onClose={close} /> : null}</Suspense>
    </div>
  );
}
