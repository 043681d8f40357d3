import type { ReactNode } from 'react';
import { setTheme, THEMES, useTheme } from '../app/theme.ts';
import { login } from '../i18n/en/login.ts';
import { LOCALES, setLocale, useLocale } from '../i18n/locale.ts';
import { useT } from '../i18n/use-t.tsx';
import { Logo } from '../ui/logo.tsx';

/** Around what people see who are not in yet: the mark above it, language and theme below. */
export function Frame({ children }: { readonly children: ReactNode }) {
  return (
    <main className="login">
      <div className="login__box">
        <Logo size={44} />
        {children}
      </div>
      <Choices />
    </main>
  );
}

function Choices() {
  const t = useT(login);
  const locale = useLocale();
  const theme = useTheme();
  const names = { system: t('themeSystem'), light: t('themeLight'), dark: t('themeDark') };
  return (
    <footer className="login__choices">
      <div className="segments" role="group" aria-label={t('language')}>{LOCALES.map(([id, name]) => <button key={id} type="button" className="segments__one" lang={id} aria-pressed={id === locale} onClick={() => { void setLocale(id); }}>{name}</button>)}</div>
      <div className="segments" role="group" aria-label={t('theme')}>{THEMES.map((id) => <button key={id} type="button" className="segments__one" aria-pressed={id === theme} onClick={() => setTheme(id)}>{names[id]}</button>)}</div>
    </footer>
  );
}
