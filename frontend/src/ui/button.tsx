import { Button as AmplifyButton } from '@aws-amplify/ui-react';
import type { ComponentProps, ReactNode, Ref } from 'react';
import { cx } from './cx.ts';

export type ButtonKind = 'primary' | 'secondary' | 'ghost' | 'danger';
const VARIATION = { primary: 'primary', secondary: undefined, ghost: 'link', danger: 'destructive' } as const;

export interface ButtonProps extends Omit<ComponentProps<'button'>, 'ref' | 'color' | 'height' | 'width' | 'className'> {
  readonly kind?: ButtonKind;
  readonly small?: boolean;
  readonly icon?: ReactNode;
  /** Something is under way: the button keeps its width, says so and cannot be pressed again. */
  readonly busy?: boolean;
  readonly busyText?: string;
  readonly className?: string;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function Button({ kind = 'secondary', small, icon, busy, busyText, className, children, disabled, ...rest }: ButtonProps) {
  const variation = VARIATION[kind];
  return (
    <AmplifyButton {...(rest as object)} {...(variation && { variation })} size={small === true ? 'small' : undefined} aria-busy={busy === true || undefined} isDisabled={disabled === true || busy === true} className={cx('button', `button--${kind}`, busy && 'button--busy', className)}>
      <span className="button__face">{icon}{children}</span>
      {busyText !== undefined && <span className="button__busy" aria-hidden={busy !== true}>{busyText}</span>}
    </AmplifyButton>
  );
}

/** The look of a button for links: `<Link className={buttonClass('primary')}>`. */
export const buttonClass = (kind: ButtonKind = 'secondary', small = false): string =>
  cx('amplify-button', small && 'amplify-button--small', VARIATION[kind] !== undefined && `amplify-button--${VARIATION[kind]}`, 'button', `button--${kind}`);

/** Nothing but an icon; `label` says what it does, to everybody who cannot see it. */
export function IconButton({ label, children, className, ...rest }: Omit<ComponentProps<'button'>, 'aria-label'> & { readonly label: string }) {
  return <button type="button" aria-label={label} title={label} className={cx('icon-button', className)} {...rest}>{children}</button>;
}
