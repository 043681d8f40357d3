import { describe, expect, test } from '@jest/globals';
import { breaches, type Rule } from './import-law.ts';

const rulesOf = (files: Record<string, string>): Rule[] => [...new Set(breaches(new Map(Object.entries(files))).map((found) => found.rule))];
const g = 'functions/gateway/x.ts';
const core = 'functions/core/x.ts';
const store = 'functions/adapters/store/x.ts';

describe('the import law finds a planted breach', () => {
  test.each<[Rule, string, Record<string, string>]>([
    ['layers', 'contract takes from core', { 'functions/contract/x.ts': `import type { A } from '../core/a.ts';` }],
    ['layers', 'core takes from adapters', { [core]: `import { a } from '../adapters/store/port.ts';` }],
    ['layers', 'core takes a type from adapters', { [core]: `import type { A } from '../adapters/store/port.ts';` }],
    ['layers', 'adapters take from an entry folder', { [store]: `import type { Ports } from '../../gateway/ports.ts';` }],
    ['layers', 'an entry folder takes from infra', { [g]: `import { a } from '../../infra/local/server.ts';` }],
    ['layers', 'functions take from tools', { [store]: `import a from '../../../tools/a.ts';` }],
    ['layers', 'a lazy import turns back', { [core]: `const a = () => import('../gateway/serve.ts');` }],
    ['pure-core', 'core reads files', { [core]: `import { readFileSync } from 'node:fs';` }],
    ['pure-core', 'core makes keys', { [core]: `import { createHash, randomBytes } from 'node:crypto';` }],
    ['pure-core', 'core takes all of crypto', { [core]: `import * as crypto from 'node:crypto';` }],
    ['pure-core', 'core makes ids', { [core]: `import { ulid } from 'ulidx';` }],
    ['pure-core', 'core reads the clock', { [core]: 'export const now = () => Date.now();' }],
    ['pure-core', 'core reads the clock by a constructor', { [core]: 'export const now = () => new Date();' }],
    ['pure-core', 'core rolls dice', { [core]: 'export const roll = () => Math.random();' }],
    ['pure-core', 'core reads the environment', { [core]: 'export const home = process.env.HOME;' }],
    ['pure-core', 'core waits', { [core]: 'setTimeout(() => {}, 1);' }],
    ['contract', 'contract takes a package', { 'functions/contract/x.ts': `import { createHash } from 'node:crypto';` }],
    ['zod-mini', 'the big zod', { [store]: `import { z } from 'zod';` }],
    ['sdk', 'DynamoDB outside its file', { 'functions/adapters/store/keys.ts': `import { GetCommand } from '@aws-sdk/lib-dynamodb';` }],
    ['sdk', 'a type of DynamoDB outside its file', { [g]: `import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';` }],
    ['sdk', 'KMS outside its file', { 'functions/adapters/vault/open.ts': `import { KMSClient } from '@aws-sdk/client-kms';` }],
    ['sdk', 'KMS in the DynamoDB file', { 'functions/adapters/store/dynamo.ts': `import { KMSClient } from '@aws-sdk/client-kms';` }],
    ['sdk', 'another SDK', { 'functions/adapters/store/dynamo.ts': `import { S3Client } from '@aws-sdk/client-s3';` }],
    ['sdk', 'the exporter of traces outside its file', { [g]: `const e = await import('@opentelemetry/exporter-trace-otlp-http');` }],
    ['sdk', 'a type of OpenTelemetry outside its file', { 'functions/adapters/observe/traces.ts': `import type { Span } from '@opentelemetry/api';` }],
    ['sockets', 'a socket beside the exporter of traces', { 'functions/adapters/observe/otlp.ts': `import { request } from 'node:https';` }],
    ['sockets', 'a socket in the store', { [store]: `import { connect } from 'node:net';` }],
    ['sockets', 'a request from the gateway', { [g]: `import https from 'node:https';` }],
    ['sockets', 'a lazy socket', { [g]: `const net = await import('net');` }],
    ['sockets', 'a second network file', { 'functions/adapters/providers/openai/provider.ts': `import { request } from 'node:http';` }],
    ['sockets', 'a resolver beside the guard', { 'functions/adapters/providers/registry.ts': `import { lookup } from 'node:dns/promises';` }],
    ['sockets', 'undici', { [store]: `import { fetch } from 'undici';` }],
    ['sockets', 'a client in the DynamoDB file', { 'functions/adapters/store/dynamo.ts': `import { request } from 'node:https';` }],
    ['global-fetch', 'global fetch', { [g]: `await fetch('https://example.com');` }],
    ['global-fetch', 'global fetch by its full name', { [g]: `const f = globalThis.fetch;` }],
    ['global-fetch', 'a web socket', { [store]: `new WebSocket('wss://example.com');` }],
    ['admin-vault', 'admin opens', { 'functions/admin/x.ts': `import { openCredential } from '../adapters/vault/open.ts';` }],
    ['admin-vault', 'admin calls a provider', { 'functions/admin/x.ts': `import { registry } from '../adapters/providers/registry.ts';` }],
    ['admin-vault', 'admin opens through others', {
      'functions/admin/x.ts': `import { a } from '../adapters/store/x.ts';`, [store]: `export { b } from '../vault/credentials.ts';`, 'functions/adapters/vault/credentials.ts': `import { o } from './open.ts';`, 'functions/adapters/vault/open.ts': '',
    }],
    ['gateway-vault', 'gateway seals', { [g]: `import { sealCredential } from '../adapters/vault/seal.ts';` }],
    ['gateway-vault', 'gateway seals through others', { [g]: `import { a } from '../admin/y.ts';`, 'functions/admin/y.ts': `import { s } from '../adapters/vault/seal.ts';`, 'functions/adapters/vault/seal.ts': '' }],
    ['frontend', 'frontend takes from core', { 'frontend/src/x.ts': `import { resolve } from '../../functions/core/routing/resolve.ts';` }],
    ['frontend', 'frontend takes from the one-machine edition', { 'frontend/src/x.ts': `import type { A } from '../../infra/local/door.ts';` }],
    ['frontend', 'a page takes Amplify past the kit', { 'frontend/src/features/keys/index.tsx': `import { Button } from '@aws-amplify/ui-react';` }],
    ['frontend', 'a page takes Node', { 'frontend/src/x.ts': `import { readFileSync } from 'node:fs';` }],
    ['zod-mini', 'the big zod in a page', { 'frontend/src/x.ts': `import { z } from 'zod';` }],
    ['infra', 'infra takes a handler', { 'infra/gateway-stack.ts': `import { handler } from '../functions/gateway/lambda.ts';` }],
    ['cycle', 'a circle of three', { 'functions/core/a.ts': `import './b.ts';`, 'functions/core/b.ts': `import { c } from './c.ts';`, 'functions/core/c.ts': `import type { A } from './a.ts';` }],
    ['cycle', 'a file that takes from itself', { 'functions/core/a.ts': `import './a.ts';` }],
    ['computed-import', 'an import nobody can follow', { [g]: `await import(name);` }],
  ])('%s: %s', (rule, _what, files) => {
    expect(rulesOf(files)).toEqual([rule]);
  });
});

describe('the import law lets pass', () => {
  test.each<[string, Record<string, string>]>([
    ['arrows that go down', { [g]: `import { a } from '../adapters/store/x.ts';\nimport type { B } from '../contract/index.ts';`, [store]: `import { c } from '../../core/x.ts';`, [core]: `import { d } from '../contract/index.ts';` }],
    ['hashing in core', { [core]: `import { createHash, timingSafeEqual } from 'node:crypto';\nimport { crc32 } from 'node:zlib';` }],
    ['a given time and a member called fetch', { [core]: 'export const day = (ms: number) => new Date(ms); export const f = (p: P) => p.fetch(1) + p.process.env + p.Date.now();' }],
    ['the two SDK files', { 'functions/adapters/store/dynamo.ts': `import { GetCommand } from '@aws-sdk/lib-dynamodb';\nimport { Agent } from 'node:https';`, 'functions/adapters/vault/kms.ts': `import { KMSClient } from '@aws-sdk/client-kms';` }],
    ['the exporter of traces in its file', { 'functions/adapters/observe/otlp.ts': `const e = await import('@opentelemetry/exporter-trace-otlp-http');` }],
    ['the two doors', { 'functions/adapters/providers/outbound.ts': `import https from 'node:https';`, 'functions/gateway/http.ts': `import { createServer } from 'node:http';`, 'infra/local/server.ts': `import { createServer } from 'node:http';` }],
    ['address arithmetic and socket types', { 'functions/adapters/providers/address.ts': `import { BlockList, isIP } from 'node:net';\nimport type { LookupFunction } from 'node:net';` }],
    ['seal in admin, open in gateway', { 'functions/admin/x.ts': `import { s } from '../adapters/vault/seal.ts';`, [g]: `import { o } from '../adapters/vault/open.ts';`, 'functions/adapters/vault/seal.ts': '', 'functions/adapters/vault/open.ts': '' }],
    ['a type on the way to a capability', { 'functions/admin/x.ts': `import { a } from '../adapters/store/x.ts';`, [store]: `import type { O } from '../vault/open.ts';` }],
    ['Amplify in the kit', { 'frontend/src/ui/button.tsx': `import { Button } from '@aws-amplify/ui-react';` }],
    ['contract in the frontend', { 'frontend/src/x.ts': `import { config } from '../../functions/contract/index.ts';\nimport './y.ts';` }],
    ['a bay off a circle-free road', { 'functions/core/a.ts': `import './b.ts';\nimport './c.ts';`, 'functions/core/b.ts': `import './c.ts';`, 'functions/core/c.ts': '' }],
    ['words in comments', { [core]: '// Date.now() and fetch( and process.env\n/* new Date() */' }],
  ])('%s', (_what, files) => {
    expect(breaches(new Map(Object.entries(files)))).toEqual([]);
  });
});
