import { CircleHelp, Keyboard, LogOut, Monitor, Moon, Sun } from 'lucide-react';
import { signOut } from '../auth/session.ts';
import { shell } from '../i18n/en/shell.ts';
import { LOCALES, setLocale, useLocale } from '../i18n/locale.ts';
import { useT } from '../i18n/use-t.tsx';
import type { MenuItem } from '../ui/menu.tsx';
import { setShortcutsEnabled, useShortcutsEnabled } from '../ui/shortcuts.ts';
import { setTheme, THEMES, useTheme } from './theme.ts';

const ICONS = { system: Monitor, light: Sun, dark: Moon };

export function useUserMenu(onHelp: () => void): readonly MenuItem[] {
  const t = useT(shell);
  const locale = useLocale();
  const theme = useTheme();
  const shortcuts = useShortcutsEnabled();
  const names = { system: t('themeSystem'), light: t('themeLight'), dark: t('themeDark') };
  return [
    ...LOCALES.map(([id, name]): MenuItem => ({ id, text: <span lang={id}>{name}</span>, isChecked: id === locale, onChoose: () => { void setLocale(id); } })),
    ...THEMES.map((id): MenuItem => {
      const Icon = ICONS[id];
      return { id, text: names[id], icon: <Icon aria-hidden size={15} />, isChecked: id === theme, onChoose: () => setTheme(id) };
    }),
    { id: 'shortcuts', text: t('shortcutsOn'), icon: <Keyboard aria-hidden size={15} />, isChecked: shortcuts, onChoose: () => setShortcutsEnabled(!shortcuts) },
    { id: 'help', text: t('help'), icon: <CircleHelp aria-hidden size={15} />, onChoose: onHelp },
    { id: 'sign-out', text: t('signOut'), icon: <LogOut aria-hidden size={15} />, onChoose: () => { void signOut(); } },
  ];
}
