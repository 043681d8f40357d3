import type { IncomingMessage } from 'node:http';
import { expect, test } from '@jest/globals';
import { clientAddress, dashboardOrigins, exposure } from '../../../infra/local/exposure.ts';

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

test.each<[string, string | undefined, string, string | undefined, string]>([
  ['without a proxy whoever connects', undefined, '127.0.0.1', '203.0.113.9', '127.0.0.1'],
  ['behind one the last that it saw, not what a client wrote', 'https://gateway.example.com', '127.0.0.1', '198.51.100.1, 203.0.113.9', '203.0.113.9'],
  ['the same over IPv6', 'https://gateway.example.com', '::ffff:127.0.0.1', '2001:db8::7', '2001:db8::7'],
  ['not from a machine elsewhere', 'https://gateway.example.com', '203.0.113.5', '198.51.100.1', '203.0.113.5'],
  ['not what is no address', 'https://gateway.example.com', '::1', 'unknown', '::1'],
  ['not where nothing is said', 'https://gateway.example.com', '::1', undefined, '::1'],
])('the client is, %s', (_name, publicUrl, remoteAddress, forwarded, expected) => {
  expect(clientAddress({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } } as unknown as IncomingMessage, { publicUrl })).toBe(expected);
});
