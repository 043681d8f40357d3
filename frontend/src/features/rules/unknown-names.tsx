import { useQuery } from '@tanstack/react-query';
import { settingsQuery, useSaveSettings } from '../../api/settings.ts';
import { useMay } from '../../api/me.ts';
import { rules } from '../../i18n/en/rules.ts';
import { useT } from '../../i18n/use-t.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { RadioGroupField } from '../../ui/fields.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { toast } from '../../ui/toast.tsx';
import { Section } from './section.tsx';

/** What becomes of a name that nothing knows. A setting of the gateway and no part of the document: it counts at once. */
export function UnknownNames() {
  const t = useT(rules);
  const errorText = useErrorText();
  const isAdmin = useMay('admin');
  const settings = useQuery({ ...settingsQuery, enabled: isAdmin });
  const save = useSaveSettings();
  const choose = (unknownNames: 'reject' | 'auto'): void => {
    if (settings.data === undefined) return;
    const { version, ...body } = settings.data;
    save.mutate({ version, body: { ...body, unknownNames } }, {
      onSuccess: ({ data }) => toast({ text: t('unknownSaved'), onUndo: () => { const { version: next, ...rest } = data; save.mutate({ version: next, body: { ...rest, unknownNames: body.unknownNames } }); } }),
      onError: (error) => toast({ kind: 'error', text: errorText(error) }),
    });
  };
  if (!isAdmin) return null;
  return (
    <Section number={5} title={t('unknownTitle')} description={t('unknownText')}>
      <div className="auto">
        <QueryView query={settings} skeleton={<Skeleton shape="title" />}>
          {({ unknownNames }) => <RadioGroupField label={t('unknownLabel')} name="unknown" value={unknownNames} onChange={(value) => choose(value === 'auto' ? 'auto' : 'reject')} options={[{ value: 'reject', label: t('unknownReject') }, { value: 'auto', label: t('unknownAuto') }]} />}
        </QueryView>
      </div>
    </Section>
  );
}
