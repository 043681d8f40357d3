import { useEffect, useState, useSyncExternalStore } from 'react';
import { useFormat } from '../format/use-format.ts';
import { shell } from '../i18n/en/shell.ts';
import { useT } from '../i18n/use-t.tsx';
import { Button } from '../ui/button.tsx';
import { config } from './config.ts';

const LOOK_EVERY_MS = 10 * 60_000;

function onLine(listener: () => void): () => void {
  addEventListener('online', listener);
  addEventListener('offline', listener);
  return () => {
    removeEventListener('online', listener);
    removeEventListener('offline', listener);
  };
}
/** Writes are pointless while this is false. */
export const useIsOnline = (): boolean => useSyncExternalStore(onLine, () => navigator.onLine);

/** A part of the program that is not there any more, or a gateway of another version: the page is older than its server. */
function useNewVersion(): boolean {
  const [isNew, setNew] = useState(false);
  useEffect(() => {
    const missing = (): void => setNew(true);
    addEventListener('vite:preloadError', missing);
    const look = async (): Promise<void> => {
      if (document.hidden) return;
      const read = (await fetch('/config.json', { cache: 'no-store' }).then((response) => response.json()).catch(() => undefined)) as { version?: string } | undefined;
      if (read?.version !== undefined && read.version !== config().version) setNew(true);
    };
    const timer = setInterval(() => { void look(); }, LOOK_EVERY_MS);
    return () => {
      removeEventListener('vite:preloadError', missing);
      clearInterval(timer);
    };
  }, []);
  return isNew;
}

export function Banners() {
  const t = useT(shell);
  const f = useFormat();
  const isOnline = useIsOnline();
  const isNew = useNewVersion();
  const [lostAt, setLostAt] = useState(Date.now());
  useEffect(() => { if (!isOnline) setLostAt(Date.now()); }, [isOnline]);
  return (
    <div role="status" className="banners">
      {!isOnline && <p className="banner">{t('offline', { time: f.dateTime(lostAt, 'minute', new Intl.DateTimeFormat().resolvedOptions().timeZone) })}</p>}
      {isNew && <p className="banner">{t('newVersion')} <Button small onClick={() => location.reload()}>{t('reload')}</Button></p>}
    </div>
  );
}
