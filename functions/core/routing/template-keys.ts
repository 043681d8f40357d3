import type { ResolveInput } from './resolve-input.ts';
import { templateParentOf } from './template-parent.ts';
import { templateKeyOf } from './template.ts';

/** A request's template, and the parent that evidence falls back to; undefined where no evidence would be looked up. */
export interface TemplateKeys { readonly key: string; readonly parent: string | undefined }

/** As the record has it in a replay, else hashed from the request: at most once, and only when first asked for. */
export function templateKeysOf({ recollection, templateSalt, facts, policy }: ResolveInput): () => TemplateKeys {
  let keys: TemplateKeys | undefined;
  return () => (keys ??= recollection === undefined
    ? { key: templateKeyOf(templateSalt, facts), parent: policy.evidence === undefined ? undefined : templateParentOf(templateSalt, facts) }
    : { key: recollection.templateKey, parent: undefined });
}
