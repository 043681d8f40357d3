import { Link } from '@tanstack/react-router';
import { rules } from '../../i18n/en/rules.ts';
import { useT } from '../../i18n/use-t.tsx';
import { buttonClass } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { useEditor } from './editor.ts';
import { Section } from './section.tsx';

/** Ids of models: asked for by name, sent there. Changed on the Models page only. */
export function DirectSection({ share }: { readonly share: React.ReactNode }) {
  const t = useT(rules);
  const { models } = useEditor();
  const active = models.filter(({ enabled }) => enabled);
  return (
    <Section tab="direct" number={1} title={t('directTitle')} description={t('directText')} share={share}>
      {active.length === 0
        ? <EmptyState title={t('directEmpty')} action={<Link to="/models" className={buttonClass('primary')}>{t('toModels')}</Link>}>{t('directEmptyText')}</EmptyState>
        : <ul className="names">{active.map(({ id }) => <li key={id}><Link to="/models/$modelId" params={{ modelId: id }} className="chip"><code>{id}</code></Link></li>)}</ul>}
    </Section>
  );
}
