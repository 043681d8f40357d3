import { section } from '../message.ts';

export const login = section('login', {
  title: 'Sign in', tagline: 'Send simple requests to cheap models and hard ones to strong models.', signIn: 'Sign in', signInWith: 'Sign in with {provider}', otherWays: 'Other ways to sign in', tryAgain: 'Try again', leaving: 'One moment…',
  localHint: 'On the machine that runs the gateway, {command} prints a link that signs you in; so does every start.',
  signedOut: 'You are signed out.', done: 'You are signed in. You can close this tab and go on in the other one.',
  cancelledTitle: 'The sign-in was cancelled', cancelledText: 'Nothing has changed. Try again whenever you like.',
  staleTitle: 'That sign-in is over', staleText: 'It took too long, was used already, or began in another tab. Please start again.',
  misconfiguredTitle: 'Signing in is not set up correctly', misconfiguredText: 'The identity provider answered: {detail}', httpsText: 'Browsers allow signing in on https and on this machine only. Open the dashboard through https, or on the machine itself.',
  unreachableTitle: 'The identity provider cannot be reached', unreachableText: 'No answer from {detail}. Is the gateway running?',
  clockTitle: 'This computer’s clock is wrong', clockText: 'It differs by more than 5 minutes from the gateway’s, so every sign-in would look expired. Set the clock and try again.',
  configTitle: 'The dashboard is not set up correctly', configText: 'The setting {setting} is missing in /config.json. Whoever runs this gateway must add it.',
  loopTitle: 'Signing in does not work', loopText: 'This page came back twice without a session. Sign in once more by hand; if that does not help, the clock or the configuration of the gateway is wrong.',
  language: 'Language', theme: 'Theme', themeSystem: 'System', themeLight: 'Light', themeDark: 'Dark',
} as const);
