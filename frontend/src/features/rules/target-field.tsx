import { rules } from '../../i18n/en/rules.ts';
import { useT } from '../../i18n/use-t.tsx';
import { TIERS } from '../../ui/badge.tsx';
import { SelectField } from '../../ui/fields.tsx';
import { useEditor } from './editor.ts';
import { useTargetWords } from './change-words.tsx';

/** A model, a tier or automatic routing. What is chosen and no longer there stays visible. */
export function TargetField({ value, onChange, error }: { readonly value: string; readonly onChange: (target: string) => void; readonly error?: string | undefined }) {
  const t = useT(rules);
  const words = useTargetWords();
  const { models } = useEditor();
  const targets = models.filter(({ id, enabled }) => enabled && !id.endsWith('*')).map(({ id }) => `model:${id}`);
  return (
    <SelectField label={t('goesTo')} value={value} onChange={(event) => onChange(event.target.value)} error={error}>
      <option value="">{t('choose')}</option>
      <option value="auto">{words('auto')}</option>
      {value.startsWith('model:') && !targets.includes(value) && <option value={value}>{t('notThere', { name: words(value) })}</option>}
      <optgroup label={t('models')}>{targets.map((target) => <option key={target} value={target}>{words(target)}</option>)}</optgroup>
      <optgroup label={t('tiers')}>{TIERS.map((tier) => <option key={tier} value={`tier:${tier}`}>{words(`tier:${tier}`)}</option>)}</optgroup>
    </SelectField>
  );
}
