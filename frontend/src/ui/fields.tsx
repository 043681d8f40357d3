import {
  CheckboxField as AmplifyCheckbox, PasswordField as AmplifyPassword, Radio, RadioGroupField as AmplifyRadioGroup, SelectField as AmplifySelect, SwitchField as AmplifySwitch, TextAreaField as AmplifyTextArea, TextField as AmplifyText,
} from '@aws-amplify/ui-react';
import { useId, type ComponentProps, type ReactNode, type Ref } from 'react';
import { ui } from '../i18n/en/ui.ts';
import { useT } from '../i18n/use-t.tsx';

/** Label above, hint below; an error takes the hint's place and is announced. `labelHidden` where the place says it to those who can see. */
interface Common { readonly label: string; readonly hint?: ReactNode; readonly error?: string | undefined; readonly isOptional?: boolean; readonly labelHidden?: boolean }
type Own<Tag extends 'input' | 'textarea' | 'select'> = Omit<ComponentProps<Tag>, 'ref' | 'size' | 'color' | 'width' | 'height' | 'className' | 'wrap'> & Common;

function useParts({ label, hint, error, isOptional }: Common) {
  const t = useT(ui);
  const id = useId();
  return {
    id,
    label: isOptional === true ? <>{label} <span className="field__optional">({t('optional')})</span></> : label,
    descriptiveText: undefined,
    hasError: error !== undefined,
    below: error === undefined ? hint !== undefined && <p id={`${id}-hint`} className="field__hint">{hint}</p> : <p id={`${id}-hint`} className="field__error" role="alert">{error}</p>,
    'aria-describedby': error !== undefined || hint !== undefined ? `${id}-hint` : undefined,
    'aria-invalid': error !== undefined || undefined,
  };
}

export function TextField({ label, hint, error, isOptional, ...rest }: Own<'input'> & { readonly ref?: Ref<HTMLInputElement> }) {
  const { below, ...parts } = useParts({ label, hint, error, isOptional: isOptional ?? false });
  return <div className="field"><AmplifyText {...(rest as object)} {...parts} />{below}</div>;
}

/** For secrets that are typed in: hidden, with a button that shows them, and nobody offers to remember them. */
export function SecretField({ label, hint, error, isOptional, ...rest }: Own<'input'> & { readonly ref?: Ref<HTMLInputElement> }) {
  const t = useT(ui);
  const { below, ...parts } = useParts({ label, hint, error, isOptional: isOptional ?? false });
  return <div className="field"><AmplifyPassword autoComplete="off" spellCheck={false} {...(rest as object)} {...parts} showPasswordButtonLabel={t('showSecret')} />{below}</div>;
}

export function TextAreaField({ label, hint, error, isOptional, ...rest }: Own<'textarea'> & { readonly ref?: Ref<HTMLTextAreaElement> }) {
  const { below, ...parts } = useParts({ label, hint, error, isOptional: isOptional ?? false });
  return <div className="field"><AmplifyTextArea {...(rest as object)} {...parts} />{below}</div>;
}

export function SelectField({ label, hint, error, isOptional, children, ...rest }: Own<'select'> & { readonly ref?: Ref<HTMLSelectElement> }) {
  const { below, ...parts } = useParts({ label, hint, error, isOptional: isOptional ?? false });
  return <div className="field"><AmplifySelect {...(rest as object)} {...parts}>{children}</AmplifySelect>{below}</div>;
}

export interface SwitchProps { readonly label: string; readonly isChecked: boolean; readonly onChange: (isChecked: boolean) => void; readonly isDisabled?: boolean; readonly isLabelHidden?: boolean }
export function SwitchField({ label, isChecked, onChange, isDisabled = false, isLabelHidden = false }: SwitchProps) {
  return <AmplifySwitch label={label} isLabelHidden={isLabelHidden} isChecked={isChecked} isDisabled={isDisabled} labelPosition="end" onChange={(event) => onChange(event.target.checked)} />;
}

export type CheckboxProps = Omit<ComponentProps<'input'>, 'ref' | 'size' | 'color' | 'width' | 'height' | 'className' | 'type'> & { readonly label: string; readonly name: string; readonly ref?: Ref<HTMLInputElement> };
export function CheckboxField({ label, name, ...rest }: CheckboxProps) {
  return <AmplifyCheckbox {...(rest as object)} name={name} label={label} />;
}

export interface RadioGroupProps { readonly label: string; readonly name: string; readonly value: string; readonly onChange: (value: string) => void; readonly options: readonly { readonly value: string; readonly label: ReactNode }[] }
export function RadioGroupField({ label, name, value, onChange, options }: RadioGroupProps) {
  return (
    <AmplifyRadioGroup legend={label} name={name} value={value} onChange={(event) => onChange(event.target.value)}>
      {options.map((option) => <Radio key={option.value} value={option.value}>{option.label}</Radio>)}
    </AmplifyRadioGroup>
  );
}
