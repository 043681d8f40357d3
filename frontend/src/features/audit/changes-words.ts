import type { AuditEvent } from '../../api/types.ts';
import { audit } from '../../i18n/en/audit.ts';
import { useT } from '../../i18n/use-t.tsx';

/** An action in words; one that this version does not know stays as it is. */
export function useActionName(): (action: string) => string {
  const t = useT(audit);
  return (action) => {
    const key = `act_${action.replace('.', '_')}`;
    return key in audit.en ? t(key as 'act_model_created') : action;
  };
}

export const KINDS = ['model', 'key', 'routing', 'settings', 'member', 'token', 'config', 'tenant', 'content', 'data'] as const;

export interface FieldChange { readonly field: string; readonly from: unknown; readonly to: unknown }

/** What differs between both views, field by field with dots between the levels; `undefined` = was or is not there. Versions and times of the record itself say nothing. */
export function fieldChanges({ before, after }: Pick<AuditEvent, 'before' | 'after'>): FieldChange[] {
  const [was, is] = [new Map<string, unknown>(), new Map<string, unknown>()];
  flatten(before, '', was);
  flatten(after, '', is);
  return [...new Set([...was.keys(), ...is.keys()])].filter((field) => !BOOKKEEPING.has(field) && JSON.stringify(was.get(field)) !== JSON.stringify(is.get(field)))
    .map((field) => ({ field, from: was.get(field), to: is.get(field) }));
}

const BOOKKEEPING: ReadonlySet<string> = new Set(['updatedAt', 'createdAt']);

function flatten(value: unknown, path: string, into: Map<string, unknown>): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    if (path !== '') into.set(path, value);
    return;
  }
  for (const [name, member] of Object.entries(value)) flatten(member, path === '' ? name : `${path}.${name}`, into);
}

/** A value as short text. */
export const shortText = (value: unknown): string => {
  if (value === undefined || value === null) return '—';
  return typeof value === 'string' ? value : JSON.stringify(value);
};
