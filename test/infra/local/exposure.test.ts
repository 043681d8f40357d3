import { expect, test } from '@jest/globals';
import { dashboardOrigins, exposure } from '../../../infra/local/exposure.ts';

const PASSWORD = { BSG_ADMIN_PASSWORD: 'correct horse battery' };
const PUBLIC = { BSG_PUBLIC_URL: 'https://gateway.example.com', ...PASSWORD };
const originsOf = (host: string, env: Record<string, string>): readonly string[] => dashboardOrigins({ host }, 8787, exposure({ host }, env));

test.each<[string, string, Record<string, string>, string[]]>([
  ['on loopback: the ways to write this machine', '127.0.0.1', {}, ['http://127.0.0.1:8787', 'http://localhost:8787']],
  ['the one asked for first', 'localhost', {}, ['http://localhost:8787', 'http://127.0.0.1:8787']],
  ['the development server only when asked for', '127.0.0.1', { BSG_DASHBOARD_DEV: '1' }, ['http://127.0.0.1:8787', 'http://localhost:8787', 'http://localhost:5173']],
  ['behind a public address that one alone', '127.0.0.1', PUBLIC, ['https://gateway.example.com']],
  ['even where somebody develops', '127.0.0.1', { ...PUBLIC, BSG_DASHBOARD_DEV: '1' }, ['https://gateway.example.com']],
  ['on a network its own name', 'gateway.lan', PASSWORD, ['http://gateway.lan:8787']],
])('where the dashboard signs in, %s', (_name, host, env, origins) => {
  expect(originsOf(host, env)).toEqual(origins);
});
