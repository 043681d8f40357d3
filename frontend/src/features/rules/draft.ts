import { useSyncExternalStore } from 'react';
import { currentTenant } from '../../api/tenant.ts';
import type { RoutingDocument } from '../../api/types.ts';

/** Rules as somebody is editing them: nothing of it is live until it is saved. `base` and `version` are what the editing began with. */
export interface Draft { readonly version: number; readonly base: RoutingDocument; readonly document: RoutingDocument }

const listeners = new Set<() => void>();
const stored = (): string => `bsg.routing-draft.${currentTenant() ?? ''}`;
let memory: { readonly at: string; readonly draft: Draft | undefined } | undefined;

/** Kept for this tab, so that a look at another page, Routing Test or signing in again loses nothing. */
export function currentDraft(): Draft | undefined {
  const at = stored();
  if (memory?.at !== at) memory = { at, draft: read(at) };
  return memory.draft;
}

function read(at: string): Draft | undefined {
  try {
    const text = sessionStorage.getItem(at);
    return text === null ? undefined : JSON.parse(text) as Draft;
  } catch {
    return undefined;
  }
}

export function setDraft(draft: Draft | undefined): void {
  const at = stored();
  memory = { at, draft };
  if (draft === undefined) sessionStorage.removeItem(at);
  else sessionStorage.setItem(at, JSON.stringify(draft));
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
};
export const useDraft = (): Draft | undefined => useSyncExternalStore(subscribe, currentDraft);
