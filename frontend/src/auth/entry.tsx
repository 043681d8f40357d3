import { createRoot } from 'react-dom/client';
import { config, ConfigError } from '../app/config.ts';
import { forgetReturn, returnPath } from './return-path.ts';
import { LoginPage, type Problem } from './login-page.tsx';
import { beginSignIn, endSignIn, SignInError } from './oidc.ts';
import { handOver, keepTokens } from './tokens.ts';

/** `/login` and `/callback`, without anything of the dashboard itself. */
export async function start(element: HTMLElement, configError: unknown): Promise<void> {
  const root = createRoot(element);
  const show = (problem?: Problem, isWorking = false): void => root.render(<LoginPage problem={problem} isWorking={isWorking} onSignIn={() => signIn(config().identityProvider)} onOtherWays={() => signIn()} />);
  const signIn = (provider?: string): void => {
    show(undefined, true);
    leave(provider).catch((error: unknown) => show(problemOf(error)));
  };
  if (configError !== undefined) return show(problemOf(configError));
  const search = new URLSearchParams(location.search);
  if (location.pathname === '/callback') return arrive(show);
  if (search.has('start') || search.has('other')) return signIn(search.has('switch') ? undefined : config().identityProvider);
  show(search.has('signed_out') ? { kind: 'signed-out' } : search.has('loop') ? { kind: 'loop' } : undefined);
}

const leave = (provider: string | undefined): Promise<void> => {
  const search = new URLSearchParams(location.search);
  sessionStorage.removeItem('bsg.signed-out');
  return beginSignIn({ returnTo: returnPath(), forOtherTab: search.has('other'), asSomebodyElse: search.has('switch'), provider });
};

async function arrive(show: (problem?: Problem, isWorking?: boolean) => void): Promise<void> {
  show(undefined, true);
  try {
    const { tokens, returnTo, forOtherTab } = await endSignIn(location.search);
    if (forOtherTab) {
      handOver(tokens);
      show({ kind: 'done' });
      window.close();
      return;
    }
    keepTokens(tokens);
    sessionStorage.removeItem('bsg.signed-out');
    forgetReturn();
    location.replace(returnTo);
  } catch (error) {
    if (error instanceof SignInError && error.failure === 'sign_in_needed') location.replace('/login');
    else show(problemOf(error));
  }
}

function problemOf(error: unknown): Problem {
  if (error instanceof ConfigError) return { kind: 'config', detail: error.setting };
  if (error instanceof SignInError && error.failure !== 'sign_in_needed') return { kind: error.failure, detail: error.detail };
  return { kind: 'misconfigured', detail: error instanceof Error ? error.message : String(error) };
}
