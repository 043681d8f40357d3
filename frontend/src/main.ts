import './styles/base.css';
import { loadConfig } from './app/config.ts';
import { askFirstQuestions } from './app/first-questions.ts';
import { startLocale } from './i18n/locale.ts';

// This file is small and comes first; everything that the first page needs is asked for at once, its figures before the program
// that shows them. Signing in has its own small program: whoever sees that page may never get to the other one.
const isSignIn = /^\/(login|callback)$/.test(location.pathname);
const configured = loadConfig().then((config) => {
  if (!isSignIn) askFirstQuestions(config.apiBaseUrl, location);
  return undefined;
}, (error: unknown) => error);
// Chosen by name: of a choice between two imports the bundler makes one, with the files of both.
const programs = { signIn: () => import('./auth/entry.tsx'), dashboard: () => import('./app/entry.tsx') };
const program = programs[isSignIn ? 'signIn' : 'dashboard']();
if (location.pathname === '/') void import('./features/overview/index.tsx').catch(() => undefined);

const [{ start }, configError] = await Promise.all([program, configured, startLocale()]);
const element = document.getElementById('root');
if (element !== null) await start(element, configError);
