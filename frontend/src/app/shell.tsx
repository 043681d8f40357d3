import { Outlet, useLocation } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useMay, useMe } from '../api/me.ts';
import { Frame } from '../auth/frame.tsx';
import { shell } from '../i18n/en/shell.ts';
import { ui } from '../i18n/en/ui.ts';
import { useT } from '../i18n/use-t.tsx';
import { Card } from '../ui/card.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorBoundary } from '../ui/error-boundary.tsx';
import { Page } from '../ui/page.tsx';
import { ToastRegion } from '../ui/toast.tsx';
import { NARROW, useMedia } from '../ui/use-media.ts';
import { Banners } from './banners.tsx';
import { useGlobalKeys } from './keyboard.ts';
import { NAV, SETTINGS } from './nav.ts';
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
  if (me.tenantId === null) return <><Frame>{pathname === '/invite' ? <ErrorBoundary isPage><Suspense><Outlet /></Suspense></ErrorBoundary> : <Stranger me={me} />}</Frame><SessionEnded /></>;
  const chrome = { onSearch: () => setOpen('palette'), onHelp: () => setOpen('help') };
  return (
    <div className="shell">
      <a className="skip" href="#content">{t('skip')}</a>
      {isNarrow ? <TopBar {...chrome} /> : <Sidebar {...chrome} />}
      <main id="content" className="shell__main" tabIndex={-1}>
        <Banners />
        <ErrorBoundary isPage key={pathname.split('/')[1]}><Suspense><Allowed pathname={pathname} /></Suspense></ErrorBoundary>
      </main>
      <ToastRegion />
      <SessionEnded />
      <Suspense>{open === 'palette' ? <Palette onClose={close} onHelp={() => setOpen('help')} /> : open === 'help' ? <KeyboardHelp onClose={close} /> : null}</Suspense>
    </div>
  );
}

/** The page, or who can give the role that it needs: then it asks the API nothing that would be refused. */
function Allowed({ pathname }: { readonly pathname: string }) {
  const t = useT(shell);
  const words = useT(ui);
  const item = [...NAV, SETTINGS].find(({ to }) => to === `/${pathname.split('/')[1]}`);
  const may = useMay(item?.needs ?? 'viewer');
  if (item === undefined || may) return <Outlet />;
  return <Page title={t(item.name)}><Card><EmptyState title={words('forbiddenTitle')}>{words('forbiddenRest')}</EmptyState></Card></Page>;
}
