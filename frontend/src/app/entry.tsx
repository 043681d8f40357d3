import '@aws-amplify/ui-react/styles.layer.css';
import '../styles/app.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { meQuery } from '../api/me.ts';
import { queryClient } from '../api/query-client.ts';
import { currentTenant } from '../api/tenant.ts';
import { wasMember } from '../auth/last-member.ts';
import { LoginPage } from '../auth/login-page.tsx';
import { mayRedirect } from '../auth/loops.ts';
import { beginSignIn } from '../auth/oidc.ts';
import { rememberReturn } from '../auth/return-path.ts';
import { readTokens } from '../auth/tokens.ts';
import { prefetchOverview } from '../features/overview/questions.ts';
import { overviewSearch } from '../features/overview/search.ts';
import { ErrorBoundary } from '../ui/error-boundary.tsx';
import { ConfigError } from './config.ts';
import { rangeOf } from './range.ts';
import { router } from './routes.tsx';
import { parseSearch, searchOf } from './search.ts';

/** The dashboard itself, for whoever has a session in this tab; everybody else is sent to sign in, without a page where the issuer still knows them. */
export async function start(element: HTMLElement, configError: unknown): Promise<void> {
  const root = createRoot(element);
  if (configError !== undefined) {
    root.render(<LoginPage problem={configError instanceof ConfigError ? { kind: 'config', detail: configError.setting } : { kind: 'unreachable', detail: location.origin }} isWorking={false} onSignIn={() => location.reload()} />);
    return;
  }
  if (readTokens() === undefined) return leave();
  void askFirst();
  root.render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <ErrorBoundary isPage><Suspense fallback={<div className="shell" aria-busy="true" />}><RouterProvider router={router} /></Suspense></ErrorBoundary>
      </QueryClientProvider>
    </StrictMode>,
  );
}

/** What the first page needs, with who asks for it where they were a member the last time, and else after that is known: nobody is refused what they never asked for. */
async function askFirst(): Promise<void> {
  const isKnown = wasMember(currentTenant());
  const answered = queryClient.prefetchQuery(meQuery);
  if (location.pathname !== '/') return;
  if (!isKnown) {
    await answered;
    if ((queryClient.getQueryData(meQuery.queryKey)?.tenantId ?? null) === null) return;
  }
  prefetchOverview(rangeOf(searchOf(overviewSearch)(parseSearch(location.search))));
}

async function leave(): Promise<void> {
  rememberReturn();
  const signedOut = sessionStorage.getItem('bsg.signed-out') === '1';
  if (!mayRedirect()) return location.replace(signedOut ? '/login?signed_out=1' : '/login?loop=1');
  try {
    await beginSignIn({ returnTo: location.pathname + location.search + location.hash, isSilent: true });
  } catch {
    location.replace('/login');
  }
}
