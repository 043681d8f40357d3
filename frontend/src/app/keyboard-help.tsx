import { shell } from '../i18n/en/shell.ts';
import { useT } from '../i18n/use-t.tsx';
import { Dialog } from '../ui/dialog.tsx';

export function KeyboardHelp({ onClose }: { readonly onClose: () => void }) {
  const t = useT(shell);
  const control = navigator.platform.startsWith('Mac') ? '⌘' : 'Ctrl';
  const keys: readonly (readonly [string, string])[] = [
    [`${control} K`, t('helpPalette')], ['/', t('helpSearch')], ['g + d r m t a k l', t('helpGo')], ['c', t('helpCreate')], ['j  k', t('helpRows')], ['Enter', t('helpOpen')], ['Esc', t('helpClose')], ['l', t('helpLive')], ['r', t('helpRefresh')], [`${control} Enter`, t('helpRun')], ['?', t('helpThis')],
  ];
  return (
    <Dialog title={t('helpTitle')} description={t('helpOff')} size="small" onClose={onClose}>
      <dl className="keys">{keys.map(([key, text]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{text}</dd></div>)}</dl>
    </Dialog>
  );
}
