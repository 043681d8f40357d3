import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openDynamoStore } from '../../../functions/adapters/store/dynamo.ts';
import { startDynamoDbLocal, type DynamoDbLocal } from '../../support/dynamodb-local.ts';
import { faultyClient, type FaultyClient } from '../../support/faulty-store.ts';
import { full } from '../../support/full.ts';
import { needs } from '../../support/optional.ts';
import { tempStore } from '../../support/store.ts';
import { contractSuite } from './contract-suite.ts';

describe('the store contract on SQLite', () => {
  contractSuite({
    async open() {
      const { store, cleanup } = await tempStore();
      return { store, stop: cleanup };
    },
    runs: full(1_000, 200),
    concurrency: 200,
  });
});

needs('java')('the store contract on DynamoDB Local', () => {
  let local: DynamoDbLocal;
  beforeAll(async () => {
    local = await startDynamoDbLocal();
  }, 120_000);
  afterAll(() => local?.stop());

  describe('as it is', () => {
    contractSuite({
      open: async () => ({ store: openDynamoStore({ client: local.newClient(), tableNames: local.tableNames }), stop: async () => {} }),
      runs: full(200, 20),
      concurrency: 200,
    });
  });

  describe('with conflicts on 30 % of all transactions', () => {
    let faulty: FaultyClient;
    contractSuite({
      async open() {
        faulty = faultyClient(local.newClient());
        return { store: openDynamoStore({ client: faulty.client, tableNames: local.tableNames, sleep: async () => {} }), stop: async () => {} };
      },
      runs: full(200, 20),
      concurrency: full(200, 50),
    });
    test('the conflicts were raised', () => {
      expect(faulty.raised()).toBeGreaterThan(5);
    });
  });
});
