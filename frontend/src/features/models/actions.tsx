import { createContext, use } from 'react';
import type { ModelView } from '../../api/types.ts';

/** What may be done about a model, from its row and from its drawer: the dialogs belong to the page. */
export interface ModelActions { readonly edit: (model: ModelView) => void; readonly remove: (model: ModelView) => void; readonly setEnabled: (model: ModelView, isEnabled: boolean) => void; readonly test: (model: ModelView) => void }

const NOTHING: ModelActions = { edit: () => {}, remove: () => {}, setEnabled: () => {}, test: () => {} };
export const ModelActionsContext = createContext<ModelActions>(NOTHING);
export const useModelActions = (): ModelActions => use(ModelActionsContext);
