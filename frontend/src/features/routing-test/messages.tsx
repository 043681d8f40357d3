import { ArrowDown, ArrowUp, Plus, X } from 'lucide-react';
import { routingTest } from '../../i18n/en/routing-test.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { SelectField, TextAreaField } from '../../ui/fields.tsx';
import type { Message } from './request.ts';

const nextId = (messages: readonly Message[]): number => 1 + Math.max(0, ...messages.map(({ id }) => id));

/** The turns of the conversation: a role and a text each, in any number and order. */
export function Messages({ messages, onChange, error }: { readonly messages: readonly Message[]; readonly onChange: (next: readonly Message[]) => void; readonly error: string | undefined }) {
  const t = useT(routingTest);
  const change = (at: number, part: Partial<Message>): void => onChange(messages.map((message, index) => (index === at ? { ...message, ...part } : message)));
  const move = (at: number, to: number): void => {
    const next = [...messages];
    const [moved] = next.splice(at, 1);
    if (moved !== undefined) onChange(next.toSpliced(to, 0, moved));
  };
  return (
    <div className="stack">
      {messages.map((message, at) => {
        const count = at + 1;
        return (
          <div key={message.id} className="turn">
            <div className="turn__head">
              <SelectField label={t('role', { count })} labelHidden value={message.role} onChange={(event) => change(at, { role: event.target.value as Message['role'] })}><option value="user">{t('roleUser')}</option><option value="assistant">{t('roleAssistant')}</option></SelectField>
              {messages.length > 1 && (
                <span className="turn__tools">
                  <IconButton label={t('moveUp', { count })} disabled={at === 0} onClick={() => move(at, at - 1)}><ArrowUp aria-hidden size={16} /></IconButton>
                  <IconButton label={t('moveDown', { count })} disabled={at === messages.length - 1} onClick={() => move(at, at + 1)}><ArrowDown aria-hidden size={16} /></IconButton>
                  <IconButton label={t('removeMessage', { count })} onClick={() => onChange(messages.toSpliced(at, 1))}><X aria-hidden size={16} /></IconButton>
                </span>
              )}
            </div>
            <TextAreaField label={t('message', { count })} labelHidden rows={at === messages.length - 1 ? 7 : 3} value={message.text} onChange={(event) => change(at, { text: event.target.value })} error={at === messages.length - 1 ? error : undefined} />
          </div>
        );
      })}
      <div><Button small icon={<Plus aria-hidden size={15} />} onClick={() => onChange([...messages, { id: nextId(messages), role: messages.at(-1)?.role === 'user' ? 'assistant' : 'user', text: '' }])}>{t('addMessage')}</Button></div>
    </div>
  );
}
