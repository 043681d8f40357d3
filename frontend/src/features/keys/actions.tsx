import { createContext, use } from 'react';
import type { KeyCreated, KeyView } from '../../api/types.ts';

/** What may be done about a key, from its row and from its drawer: the dialogs belong to the page, which outlives both. */
export interface KeyActions { readonly edit: (key: KeyView) => void; readonly rotate: (key: KeyView) => void; readonly revoke: (key: KeyView) => void }

const NOTHING: KeyActions = { edit: () => {}, rotate: () => {}, revoke: () => {} };
export const KeyActionsContext = createContext<KeyActions>(NOTHING);
export const useKeyActions = (): KeyActions => use(KeyActionsContext);

/** The open dialog of the page. The full key of `save` lives here and nowhere else. */
export type OpenDialog = { readonly kind: 'edit' | 'rotate' | 'revoke'; readonly key: KeyView } | { readonly kind: 'save'; readonly made: KeyCreated };
