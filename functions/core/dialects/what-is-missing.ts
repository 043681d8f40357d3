const MODEL = /\b(?:models?|deployments?)\b/i;
/** Things that a request refers to. */
const REFERRED = /\b(?:items?|files?|images?|documents?|responses?|conversations?|messages?|containers?|vector[ _]stores?|prompts?|skills?|caches?)\b/i;

/**
 * What a "not found" of an upstream is about: the model's registration, something that the request refers to, or
 * nobody can tell (a path that this server does not have, a page of some proxy). Names come from outside, so the first word that says
 * it counts: a file may be called "model".
 */
export function whatIsMissing({ type = '', code = '', param, message }: { readonly type?: string | undefined; readonly code?: string | undefined; readonly param?: string | undefined; readonly message: string }): 'model' | 'input' | undefined {
  if (param !== undefined && param !== '') return param === 'model' ? 'model' : 'input';
  if (/model|deployment/i.test(`${type} ${code}`)) return 'model';
  const [model, referred] = [MODEL, REFERRED].map((words) => message.search(words)) as [number, number];
  if (model >= 0 && (referred < 0 || model < referred)) return 'model';
  return referred >= 0 ? 'input' : undefined;
}
