import { useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { ErrorCard } from '../ui/error-card.tsx';

/** A page that broke, or whose program could not be loaded; the shell around it stays. */
export function PageFailed({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return <ErrorCard error={error} isPage onRetry={() => { reset(); void router.invalidate(); }} />;
}
