import { standardSchemaResolver } from '@hookform/resolvers/standard-schema';
import { useForm, type DefaultValues, type FieldValues, type Path, type UseFormReturn } from 'react-hook-form';
import * as z from 'zod/mini';
import { ApiError } from '../api/errors.ts';
import { ui } from '../i18n/en/ui.ts';
import { refusalText } from '../i18n/locale.ts';
import { useT } from '../i18n/use-t.tsx';

/** A form over a schema of the contract: judged when a field is left, then at each change. `I` = what the fields hold, `O` = what is sent. */
export function useContractForm<I extends FieldValues, O>(schema: z.ZodMiniType<O, I>, defaultValues: DefaultValues<I>): UseFormReturn<I, unknown, O> {
  return useForm<I, unknown, O>({ resolver: standardSchemaResolver(schema) as never, defaultValues, mode: 'onBlur', reValidateMode: 'onChange' });
}

// zod/mini has no words of its own: what is wrong is written down here and said in the person's language by `useFieldError`.
z.config({ customError: (issue) => JSON.stringify([issue.code, 'minimum' in issue ? Number(issue.minimum) : null, 'maximum' in issue ? Number(issue.maximum) : null, 'origin' in issue ? issue.origin : null, 'inclusive' in issue && issue.inclusive === false, issue.input === '' || issue.input === undefined]) });

/** The text for a field's error: our own words for what the schema says, and the API's as they are. */
export function useFieldError(): (error: { readonly message?: string } | undefined) => string | undefined {
  const t = useT(ui);
  return (error) => {
    const message = error?.message;
    if (message === undefined) return undefined;
    if (!message.startsWith('[')) return message;
    const [code, least, most, origin, isExclusive, isEmpty] = JSON.parse(message) as [string, number | null, number | null, string | null, boolean, boolean];
    if (isEmpty) return t('required');
    if (code === 'too_small' && least !== null && isExclusive) return t('moreThan', { least });
    if (code === 'too_small' && least !== null) return origin === 'string' ? t('tooShort', { count: least }) : t('tooSmall', { least });
    if (code === 'too_big' && most !== null) return origin === 'string' ? t('tooLong', { count: most }) : t('tooBig', { most });
    return code === 'invalid_type' ? t('notNumber') : t('invalid');
  };
}

/** Puts the API's refusal at the field it names (JSON pointer); true when it found one, else it belongs at the top of the form. */
export function showServerError<I extends FieldValues, O>(form: UseFormReturn<I, unknown, O>, error: unknown): boolean {
  if (!(error instanceof ApiError) || error.field === undefined) return false;
  const path = error.field.replace(/^\//, '').replaceAll('/', '.') as Path<I>;
  if (!(path.split('.')[0] ?? '' in form.getValues())) return false;
  form.setError(path, { type: 'server', message: refusalText(error.code, error.message) }, { shouldFocus: true });
  return true;
}
