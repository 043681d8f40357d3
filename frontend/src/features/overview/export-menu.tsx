import { Download } from 'lucide-react';
import { download } from '../../api/download.ts';
import { rangeBounds, type RangeSearch } from '../../app/range.ts';
import { overview } from '../../i18n/en/overview.ts';
import { useT } from '../../i18n/use-t.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { Menu } from '../../ui/menu.tsx';
import { toast } from '../../ui/toast.tsx';

export function ExportMenu({ range }: { readonly range: RangeSearch }) {
  const t = useT(overview);
  const errorText = useErrorText();
  const save = (what: 'usage' | 'requests'): void => {
    const { from, to, tz } = rangeBounds(range, Date.now());
    const name = `bsgateway-${what}_${from.slice(0, 10)}_${to.slice(0, 10)}.csv`;
    download(`/admin/export/${what}.csv`, { from, to, ...(what === 'usage' && { tz, by: 'model' }) }, name).catch((error: unknown) => toast({ text: errorText(error), kind: 'error' }));
  };
  return (
    <Menu label={t('export')} buttonClass="button" button={<><Download aria-hidden size={15} />{t('export')}</>} items={[
      { id: 'usage', text: t('exportUsage'), onChoose: () => save('usage') }, { id: 'requests', text: t('exportRequests'), onChoose: () => save('requests') },
    ]} />
  );
}
