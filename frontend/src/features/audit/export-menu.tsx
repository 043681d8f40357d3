import { Download } from 'lucide-react';
import type { Query } from '../../api/address.ts';
import { download } from '../../api/download.ts';
import { audit } from '../../i18n/en/audit.ts';
import { useT } from '../../i18n/use-t.tsx';
import { buttonClass } from '../../ui/button.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { Menu } from '../../ui/menu.tsx';
import { toast } from '../../ui/toast.tsx';

/** The list as a file: the same range and filters, all of its pages. */
export function ExportMenu({ what, query }: { readonly what: 'requests' | 'changes'; readonly query: () => Query }) {
  const t = useT(audit);
  const errorText = useErrorText();
  const save = (format: 'csv' | 'ndjson'): void => {
    const asked = query();
    const days = ['from', 'to'].map((name) => String(asked[name] ?? '').slice(0, 10)).join('_');
    toast({ text: t('exportStarted') });
    download(`/admin/export/${what}.${format}`, asked, `bsgateway-${what}_${days}.${format}`).catch((error: unknown) => toast({ kind: 'error', text: errorText(error) }));
  };
  return (
    <Menu label={t('export')} button={<><Download aria-hidden size={15} /> {t('export')}</>} buttonClass={buttonClass()} items={[
      { id: 'csv', text: t('exportCsv'), onChoose: () => save('csv') },
      { id: 'ndjson', text: t('exportNdjson'), onChoose: () => save('ndjson') },
    ]} />
  );
}
