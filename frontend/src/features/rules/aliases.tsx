import { Plus } from 'lucide-react';
import { useState } from 'react';
import type { RoutingDocument } from '../../api/types.ts';
import { RESERVED_NAMES } from '../../../../functions/contract/words.ts';
import { rules } from '../../i18n/en/rules.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Button } from '../../ui/button.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { SwitchField, TextField } from '../../ui/fields.tsx';
import { Menu } from '../../ui/menu.tsx';
import { useTargetWords } from './change-words.tsx';
import { useChangeWithUndo, useEditor } from './editor.ts';
import { FormDialog } from './form-dialog.tsx';
import { Section } from './section.tsx';
import { TargetField } from './target-field.tsx';

type Alias = RoutingDocument['aliases'][number];

export function AliasSection({ share }: { readonly share: React.ReactNode }) {
  const t = useT(rules);
  const targetWords = useTargetWords();
  const { document, mayEdit } = useEditor();
  const changeWithUndo = useChangeWithUndo();
  const [edited, setEdited] = useState<Alias | 'new'>();
  const { aliases } = document;
  const switchOne = (alias: Alias, enabled: boolean): void => changeWithUndo({ aliases: aliases.map((other) => (other === alias ? { ...alias, enabled } : other)) }, t(enabled ? 'willBeOn' : 'willBeOff', { name: alias.name }));
  const add = mayEdit && <Button small icon={<Plus aria-hidden size={15} />} onClick={() => setEdited('new')}>{t('addAlias')}</Button>;
  return (
    <Section tab="alias" number={2} title={t('aliasTitle')} description={t('aliasText')} share={share} actions={aliases.length > 0 && add}>
      <DataTable label={t('aliasTitle')} rows={aliases} rowKey={({ name }) => name} empty={<EmptyState title={t('aliasEmpty')} action={add}>{t('aliasEmptyText')}</EmptyState>} columns={[
        { id: 'name', header: t('alias'), cell: ({ name }) => <code className="trace__id">{name}</code> },
        { id: 'target', header: t('goesTo'), cell: ({ target }) => <span className="trace__id">{targetWords(target)}</span> },
        { id: 'enabled', header: t('active'), cell: (alias) => (mayEdit ? <SwitchField label={t('activeOf', { name: alias.name })} isLabelHidden isChecked={alias.enabled} onChange={(isOn) => switchOne(alias, isOn)} /> : t(alias.enabled ? 'on' : 'off')) },
        ...(mayEdit ? [{ id: 'more', header: t('actions'), isHeaderHidden: true, align: 'end' as const, cell: (alias: Alias) => (
          <Menu label={t('actionsOf', { name: alias.name })} items={[
            { id: 'edit', text: t('edit'), onChoose: () => setEdited(alias) },
            { id: 'remove', text: t('remove'), isDanger: true, onChoose: () => changeWithUndo({ aliases: aliases.filter((other) => other !== alias) }, t('willBeRemoved', { name: alias.name })) },
          ]} />
        ) }] : []),
      ]} />
      {edited !== undefined && <AliasDialog alias={edited === 'new' ? undefined : edited} onClose={() => setEdited(undefined)} />}
    </Section>
  );
}

function AliasDialog({ alias, onClose }: { readonly alias: Alias | undefined; readonly onClose: () => void }) {
  const t = useT(rules);
  const { document: { aliases }, models, change } = useEditor();
  const [name, setName] = useState(alias?.name ?? '');
  const [target, setTarget] = useState(alias?.target ?? '');
  const [isJudged, setJudged] = useState(false);
  const nameFault = (): string | undefined => {
    if (name === '') return t('nameNeeded');
    if (!/^[A-Za-z0-9._:/@-]{1,128}$/.test(name)) return t('nameLetters');
    if ((RESERVED_NAMES as readonly string[]).includes(name)) return t('nameReserved', { name });
    if (aliases.some((other) => other !== alias && other.name === name)) return t('nameTaken', { name });
    if (name !== alias?.name && models.some(({ id }) => id === name)) return t('nameIsModel', { name });
    return undefined;
  };
  const faults = { name: nameFault(), target: target === '' ? t('targetNeeded') : undefined };
  const submit = (): void => {
    setJudged(true);
    if (faults.name !== undefined || faults.target !== undefined) return;
    const next = { name, target, enabled: alias?.enabled ?? true };
    change({ aliases: alias === undefined ? [...aliases, next] : aliases.map((other) => (other === alias ? next : other)) });
    onClose();
  };
  return (
    <FormDialog title={t(alias === undefined ? 'addAlias' : 'editAlias')} isDirty={name !== (alias?.name ?? '') || target !== (alias?.target ?? '')} onSubmit={submit} onClose={onClose}>
      <TextField label={t('alias')} hint={t('aliasHint')} value={name} autoFocus autoComplete="off" spellCheck={false} onChange={(event) => setName(event.target.value.trim())} onBlur={() => { if (name !== '') setJudged(true); }} error={isJudged ? faults.name : undefined} />
      <TargetField value={target} onChange={setTarget} error={isJudged ? faults.target : undefined} />
    </FormDialog>
  );
}
