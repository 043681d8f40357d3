import { expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import { ROUTES } from '../../functions/admin/routes.ts';
import { isMarked, secretPaths } from '../../functions/contract/admin/secret.ts';
import { isDenied } from '../../functions/core/audit/redact.ts';

test('every member of the admin API that is named like a secret is marked as one', () => {
  const [named, marked] = [new Set<string>(), new Set<string>()];
  for (const { method, path, run } of ROUTES) {
    for (const schema of [run.body, run.answer]) {
      if (schema === undefined || !('_zod' in schema)) continue;
      z.toJSONSchema(schema, { unrepresentable: 'any', override: ({ zodSchema, path: place }) => {
        const name = String(place.at(-1) ?? '');
        if (place.at(-2) !== 'properties' || !isDenied(name)) return;
        const where = `${method} ${path} ${place.filter((step) => step !== 'properties').join('.')}`;
        named.add(where);
        // Called for a schema and again for the one it was made from by adding checks: the mark is on the last.
        if (isMarked(zodSchema) || secretPaths(z.object({ it: zodSchema })).length > 0) marked.add(where);
      } });
    }
  }
  expect([...marked]).toEqual([...named]);
  expect([...named]).toEqual(expect.arrayContaining(['POST /admin/models apiKey', 'POST /admin/keys key', 'POST /admin/tokens token', 'POST /admin/members inviteUrl', 'POST /admin/invitations/accept token']));
});
