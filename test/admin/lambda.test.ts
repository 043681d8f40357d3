import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { lambdaWorld, type LambdaWorld } from '../support/lambda-world.ts';
import { needs } from '../support/optional.ts';
import { proxyEvent, type Runtime } from '../support/runtime-api.ts';

needs('java')('the administration as a Lambda function', () => {
  let world: LambdaWorld;
  let runtime: Runtime;
  beforeAll(async () => {
    world = await lambdaWorld();
    runtime = await world.start('admin', 'admin', { BSG_DASHBOARD_URL: 'https://dashboard.example', BSG_GATEWAY_FUNCTION: 'the-gateway' });
    await runtime.idle();
  });
  afterAll(async () => { await world?.close(); });

  test('who shows no valid token gets one and the same 401 for every path, with a request id', async () => {
    for (const [path, headers] of [['/admin/me', {}], ['/admin/nowhere', {}], ['/admin/me', { Authorization: 'Bearer not-a-token' }]] as const) {
      const call = runtime.invoke(proxyEvent('GET', path, { headers }));
      const prelude = await call.prelude;
      expect({ status: prelude.statusCode, challenge: prelude.headers['www-authenticate'] }).toEqual({ status: 401, challenge: 'Bearer' });
      expect(JSON.parse(await call.text())).toMatchObject({ error: { code: 'unauthenticated', requestId: expect.any(String) } });
      await runtime.idle();
    }
  });

  test('it never asks the key service to open anything', () => {
    expect(world.kms.calls.filter(({ action }) => action === 'Decrypt')).toEqual([]);
  });
});
