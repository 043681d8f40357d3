import './styles/base.css';
import { createRoot } from 'react-dom/client';
import { loadConfig } from './app/config.ts';
import { startLocale } from './i18n/locale.ts';

// Everything that the first page needs is asked for at once. Signing in has its own small program: whoever sees that page
// may never get to the other one.
const isSignIn = /^\/(login|callback)$/.test(location.pathname);
const program = isSignIn ? import('./auth/entry.tsx') : import('./app/entry.tsx');
const configured = loadConfig().then(() => undefined, (error: unknown) => error);
if (location.pathname === '/') void import('./features/overview/index.tsx').catch(() => undefined);

const [{ start }, configError] = await Promise.all([program, configured, startLocale()]);
const element = document.getElementById('root');
if (element !== null) await start(createRoot(element), configError);
