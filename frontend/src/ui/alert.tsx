import { Alert as AmplifyAlert } from '@aws-amplify/ui-react';
import type { ReactNode } from 'react';

export function Alert({ kind = 'info', title, children }: { readonly kind?: 'info' | 'success' | 'warning' | 'error'; readonly title?: string; readonly children?: ReactNode }) {
  return <AmplifyAlert variation={kind} hasIcon {...(title !== undefined && { heading: title })} role={kind === 'error' ? 'alert' : 'status'}>{children}</AmplifyAlert>;
}
