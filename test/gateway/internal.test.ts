import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { invokeFunction, lambdaClient } from '../../functions/adapters/aws/gateway-function.ts';
import { kmsSealingKeys } from '../../functions/adapters/vault/kms.ts';
import { credentialContext } from '../../functions/adapters/vault/context.ts';
import { sealCredential } from '../../functions/adapters/vault/seal.ts';
import { VAULT_KEY } from '../adapters/vault/fake-kms.ts';
import { lambdaService } from '../support/lambda-service.ts';
import { lambdaWorld, UPSTREAM_CREDENTIAL, type LambdaWorld } from '../support/lambda-world.ts';
import { needs } from '../support/optional.ts';
import type { Runtime } from '../support/runtime-api.ts';
import { scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

needs('java')('the closed operation of the data plane, through the service', () => {
  let world: LambdaWorld;
  let runtime: Runtime;
  let upstream: ScriptedUpstream;
  let service: Awaited<ReturnType<typeof lambdaService>>;
  beforeAll(async () => {
    [world, upstream] = await Promise.all([lambdaWorld(), scriptedUpstream()]);
    runtime = await world.start('gateway', 'gateway', { ALLOW_UPSTREAMS: `127.0.0.1:${upstream.port}` });
    await runtime.idle();
    service = await lambdaService(runtime);
    process.env['AWS_ENDPOINT_URL_LAMBDA'] = service.endpoint;
    process.env['AWS_REGION'] = 'eu-central-1';
  });
  afterAll(async () => {
    delete process.env['AWS_ENDPOINT_URL_LAMBDA'];
    delete process.env['AWS_REGION'];
    service?.close();
    await upstream?.close();
    await world?.close();
  });
  const client = () => lambdaClient({ accessKeyId: 'local', secretAccessKey: 'local' });

  test('a draft that the control plane sealed is opened and tried in the data plane', async () => {
    const credentialId = 'cred_of_a_draft';
    const sealed = await sealCredential(kmsSealingKeys({ client: world.kms.client('admin'), keyId: VAULT_KEY }), credentialContext('default', credentialId), UPSTREAM_CREDENTIAL);
    const test = { tenantId: 'default', provider: 'openai-compatible', upstreamModel: 'up', baseUrl: upstream.baseUrl, credential: { credentialId, sealed } };
    expect(await invokeFunction(client(), 'the-gateway', { operation: 'test-model', test })).toMatchObject({ ok: true, status: 200, hint: null });
    expect(upstream.received.at(-1)?.headers.authorization).toBe(`Bearer ${UPSTREAM_CREDENTIAL}`);
    expect(service.asked.at(-1)).toBe('POST /2015-03-31/functions/the-gateway/invocations');
    // Under another tenant the very same record opens nothing.
    await runtime.idle();
    expect(await invokeFunction(client(), 'the-gateway', { operation: 'test-model', test: { ...test, tenantId: 'other' } })).toMatchObject({ ok: false, status: null });
    expect(runtime.output()).not.toContain(UPSTREAM_CREDENTIAL);
  });

  test.each([[{ operation: 'open-credential' }], [{ operation: 'test-model' }], [{ operation: 'test-model', test: { tenantId: '', provider: 'openai', upstreamModel: 'x' } }], [{}]])('%j is refused', async (event) => {
    await runtime.idle();
    const before = upstream.received.length;
    await expect(invokeFunction(client(), 'the-gateway', event)).rejects.toThrow('answered with an error');
    expect(upstream.received.length).toBe(before);
  });
});
