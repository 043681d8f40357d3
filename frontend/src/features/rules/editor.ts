import { createContext, useContext } from 'react';
import type { ModelView, RoutingAnswer, RoutingDocument } from '../../api/types.ts';
import { rules } from '../../i18n/en/rules.ts';
import { useT } from '../../i18n/use-t.tsx';
import { toast } from '../../ui/toast.tsx';
import { currentDraft, setDraft } from './draft.ts';

/** What the sections of the page work on: the document as it is being edited, and what belongs around it. */
export interface Editor {
  readonly live: RoutingAnswer;
  readonly document: RoutingDocument;
  readonly models: readonly ModelView[];
  readonly mayEdit: boolean;
  /** Changes the draft; nothing is live before it is saved. */
  readonly change: (next: Partial<RoutingDocument>) => void;
}

export const EditorContext = createContext<Editor | undefined>(undefined);
export function useEditor(): Editor {
  const editor = useContext(EditorContext);
  if (editor === undefined) throw new Error('no editor around this');
  return editor;
}

/** Changes the draft and says so, with a way back. */
export function useChangeWithUndo(): (next: Partial<RoutingDocument>, text: string) => void {
  const { change } = useEditor();
  const t = useT(rules);
  return (next, text) => {
    const before = currentDraft();
    change(next);
    toast({ text: `${text} ${t('notLiveYet')}`, onUndo: () => setDraft(before) });
  };
}

const fields = (document: RoutingDocument): string => JSON.stringify([document.aliases, document.patterns, document.auto]);
/** Keeps a draft only while it differs from what the editing began with. */
export function changeDraft(live: RoutingAnswer, next: Partial<RoutingDocument>): void {
  const draft = currentDraft() ?? { version: live.version, base: live.document, document: live.document };
  const document = { ...draft.document, ...next };
  setDraft(fields(document) === fields(draft.base) ? undefined : { ...draft, document });
}
