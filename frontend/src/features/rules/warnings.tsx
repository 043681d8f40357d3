import type { RoutingCheck, RoutingDocument } from '../../api/types.ts';
import { rules } from '../../i18n/en/rules.ts';
import { sentenceText } from '../../i18n/locale.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Alert } from '../../ui/alert.tsx';
import { nameOf } from './changes.ts';

/** Where a pointer into the document leads, in words. */
export function usePlace(): (pointer: string, document: RoutingDocument) => string {
  const t = useT(rules);
  return (pointer, { aliases, patterns }) => {
    const [, part = '', index = ''] = pointer.split('/');
    const [alias, rule] = [aliases[Number(index)], patterns[Number(index)]];
    if (part === 'aliases' && alias !== undefined) return t('placeAlias', { name: alias.name });
    if (part === 'patterns' && rule !== undefined) return t('placeRule', { name: nameOf(rule) });
    return t('placeAuto');
  };
}

/** The places in `patterns` that a warning is about. */
export const warnedRules = (check: RoutingCheck | undefined): ReadonlySet<number> => new Set(check?.warnings.flatMap(({ pointer }) => (pointer.startsWith('/patterns/') ? [Number(pointer.split('/')[2])] : [])) ?? []);

/** What keeps the document from being saved, and what is probably not meant so. */
export function Doubts({ check: { errors, warnings }, document }: { readonly check: RoutingCheck; readonly document: RoutingDocument }) {
  const t = useT(rules);
  const place = usePlace();
  return (
    <>
      {errors.length > 0 && <Alert kind="error" title={t('cannotSave')}><ul className="changes">{errors.map(({ pointer, message }) => <li key={`${pointer} ${message}`}><strong>{place(pointer, document)}</strong>: {sentenceText(message)}</li>)}</ul></Alert>}
      {warnings.length > 0 && <Alert kind="warning" title={t('warnings', { count: warnings.length })}><ul className="changes">{warnings.map(({ kind, pointer, message }) => <li key={`${pointer} ${message}`} title={message}><strong>{place(pointer, document)}</strong>: {t(`warning_${kind}`)}</li>)}</ul></Alert>}
    </>
  );
}
