import { useEffect } from 'react';
import { config } from '../app/config.ts';
import { login } from '../i18n/en/login.ts';
import { useT } from '../i18n/use-t.tsx';
import { Frame } from './frame.tsx';

export interface Problem { readonly kind: 'signed-out' | 'done' | 'loop' | 'config' | 'cancelled' | 'stale' | 'misconfigured' | 'unreachable' | 'clock'; readonly detail?: string }

export interface LoginPageProps {
  readonly problem: Problem | undefined;
  readonly isWorking: boolean;
  readonly onSignIn: () => void;
  /** The issuer's own page, where the button leads past it. */
  readonly onOtherWays?: () => void;
}

/** One button. What went wrong is said above it, in words. */
export function LoginPage(props: LoginPageProps) {
  const { problem } = props;
  const t = useT(login);
  useEffect(() => { document.title = `${t('title')} · BSGateway`; }, [t]);
  const isUsable = problem?.kind !== 'config' && problem?.kind !== 'done';
  return (
    <Frame>
      <h1 className="login__name">BSGateway</h1>
      <p className="login__line">{t('tagline')}</p>
      {problem !== undefined && <ProblemText problem={problem} />}
      {isUsable && <SignInButton {...props} />}
    </Frame>
  );
}

function SignInButton({ isWorking, problem, onSignIn, onOtherWays }: LoginPageProps) {
  const t = useT(login);
  const { signInLabel, identityProvider, edition } = config();
  // The default label and that of a provider are ours to translate; any other is the operator's own word.
  const label = identityProvider !== undefined ? t('signInWith', { provider: identityProvider }) : signInLabel === '' || signInLabel === 'Sign in' ? t('signIn') : signInLabel;
  return (
    <>
      <button type="button" className="button button--primary login__button" disabled={isWorking} aria-busy={isWorking} onClick={onSignIn}>{isWorking ? t('leaving') : problem === undefined || problem.kind === 'signed-out' ? label : t('tryAgain')}</button>
      {identityProvider !== undefined && <button type="button" className="login__other" disabled={isWorking} onClick={onOtherWays}>{t('otherWays')}</button>}
      {edition === 'local' && <p className="login__hint">{t.rich('localHint', { command: <code>npm run -s signin</code> })}</p>}
    </>
  );
}

function ProblemText({ problem: { kind, detail = '' } }: { readonly problem: Problem }) {
  const t = useT(login);
  if (kind === 'signed-out' || kind === 'done') return <p className="login__note" role="status">{t(kind === 'done' ? 'done' : 'signedOut')}</p>;
  const text = kind === 'config' ? t('configText', { setting: detail })
    : kind === 'misconfigured' ? (detail === 'https' ? t('httpsText') : t('misconfiguredText', { detail }))
    : kind === 'unreachable' ? t('unreachableText', { detail }) : t(`${kind}Text`);
  return <div className="login__problem" role="alert"><p className="login__problem-title">{t(`${kind}Title`)}</p><p>{text}</p></div>;
}
