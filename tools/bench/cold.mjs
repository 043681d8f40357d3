import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { DEPLOYMENT_VARIABLE, PEPPER_KEY_VARIABLE, tableVariable, VAULT_KEY_VARIABLE } from '../../functions/adapters/aws/environment.ts';
import { dynamoClient, openDynamoStore } from '../../functions/adapters/store/dynamo.ts';
import { TABLES } from '../../functions/adapters/store/port.ts';
import { putTenant } from '../../functions/adapters/store/tenants.ts';
import { MAC_KEY, VAULT_KEY } from '../../test/adapters/vault/fake-kms.ts';
import { kmsServer } from '../../test/support/kms-server.ts';
import { addKey, addModel } from '../../test/support/lambda-world.ts';
import { proxyEvent, startRuntime } from '../../test/support/runtime-api.ts';
import { scriptedUpstream } from '../../test/support/scripted-upstream.ts';
import { ensureBuilt, LAMBDA_OPTIONS, lambdaTarget } from '../build.mjs';
import { median } from './budgets.mjs';
import { cannedDynamo } from './canned-dynamo.mjs';

/** Spawn → first streamed byte: within this, or within this many times a bare handler in the same run. */
const MAX_MS = 250;
const MAX_RATIO = 1.6;

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const rounds = Number(process.argv[2] ?? 11);

/** A bundle outside `dist`, below `node_modules`, so that what is left external resolves as it would in the runtime. */
async function extra(name, entry, options = {}) {
  const folder = join(ROOT, 'node_modules', '.cache', 'cold', name);
  mkdirSync(folder, { recursive: true });
  await build({ ...LAMBDA_OPTIONS, ...options, absWorkingDir: ROOT, write: true, metafile: false, entryPoints: [entry], outfile: join(folder, 'index.mjs') });
  return folder;
}

/** One cold start: a fresh process, one streamed chat, until the body's first byte is here. Milliseconds. */
async function coldStart(folder, env, event) {
  const from = performance.now();
  const runtime = await startRuntime({ folder, env });
  const call = runtime.invoke(event);
  try {
    const { statusCode } = await call.prelude;
    const first = await call.next();
    const ms = performance.now() - from;
    if (statusCode !== 200 || first === undefined) throw new Error(`status ${statusCode}: ${await call.text()}`);
    await call.text();
    await runtime.idle();
    return ms;
  } finally {
    await runtime.kill();
  }
}

async function world() {
  const [dynamo, kms, upstream] = await Promise.all([cannedDynamo(), kmsServer(), scriptedUpstream()]);
  const tableNames = Object.fromEntries(TABLES.map((table) => [table, table]));
  const store = openDynamoStore({ tableNames, client: dynamoClient({ endpoint: dynamo.endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }) });
  await putTenant(store, { tenantId: 'default', name: 'default', timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: [], createdAt: '2026-01-01T00:00:00.000Z', version: 1 }, undefined);
  await addModel(store, kms, { id: 'cheap', baseUrl: upstream.baseUrl });
  const { key } = await addKey(store, kms, {});
  const env = {
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint, AWS_ENDPOINT_URL_KMS: kms.endpoint('gateway'), AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local',
    ...Object.fromEntries(TABLES.map((table) => [tableVariable(table), table])),
    [VAULT_KEY_VARIABLE]: VAULT_KEY, [PEPPER_KEY_VARIABLE]: MAC_KEY, [DEPLOYMENT_VARIABLE]: 'bench', ALLOW_UPSTREAMS: `127.0.0.1:${upstream.port}`,
  };
  const event = proxyEvent('POST', '/v1/chat/completions', { headers: { authorization: `Bearer ${key}` }, body: { model: 'cheap', stream: true, messages: [{ role: 'user', content: 'Hello!' }] } });
  const close = async () => {
    dynamo.close();
    await Promise.all([kms.close(), upstream.close(), store.close()]);
  };
  return { env, event, close };
}

const gateway = dirname(await ensureBuilt(ROOT, lambdaTarget('gateway')));
const variants = {
  'bare handler, same SDK clients': await extra('bare', 'tools/bench/bare-handler.ts'),
  'gateway': gateway,
  'gateway, SDK left to the runtime': await extra('external', 'functions/gateway/lambda.ts', { external: ['@aws-sdk/*'] }),
};
const { env, event, close } = await world();
const times = Object.fromEntries(Object.keys(variants).map((name) => [name, []]));
for (let round = -1; round < rounds; round += 1) {
  for (const [name, folder] of Object.entries(variants)) {
    const ms = await coldStart(folder, env, event);
    // The first round only warms the file cache.
    if (round >= 0) times[name].push(ms);
  }
}
await close();

process.stdout.write(`spawn → first streamed byte, ${rounds} cold starts each, in turns\n\n${'variant'.padEnd(36)}${'bundle KB'.padStart(10)}${'median ms'.padStart(11)}${'min'.padStart(8)}${'max'.padStart(8)}\n`);
for (const [name, folder] of Object.entries(variants)) {
  const size = Math.round(statSync(join(folder, 'index.mjs')).size / 1000);
  process.stdout.write(`${name.padEnd(36)}${String(size).padStart(10)}${median(times[name]).toFixed(0).padStart(11)}${Math.min(...times[name]).toFixed(0).padStart(8)}${Math.max(...times[name]).toFixed(0).padStart(8)}\n`);
}
const mine = median(times['gateway']);
const ratio = median(times['gateway'].map((ms, round) => ms / times['bare handler, same SDK clients'][round]));
const ok = mine <= MAX_MS || ratio <= MAX_RATIO;
process.stdout.write(`\n${ok ? 'holds' : 'BROKEN'}: cold start ${mine.toFixed(0)} ms (at most ${MAX_MS}), or ${ratio.toFixed(2)} times the bare handler (at most ${MAX_RATIO})\n`);
process.exitCode = ok ? 0 : 1;
