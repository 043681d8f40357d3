import { afterAll, beforeAll, describe } from '@jest/globals';
import { openDynamoStore } from '../../../functions/adapters/store/dynamo.ts';
import { startDynamoDbLocal, type DynamoDbLocal } from '../../support/dynamodb-local.ts';
import { needs } from '../../support/optional.ts';
import { tempStore } from '../../support/store.ts';
import { evidenceSuite } from './evidence-suite.ts';

describe('evidence on SQLite', () => {
  evidenceSuite({
    async open() {
      const { store, cleanup } = await tempStore();
      return { store, stop: cleanup };
    },
    labels: 500,
  });
});

needs('java')('evidence on DynamoDB Local', () => {
  let local: DynamoDbLocal;
  beforeAll(async () => { local = await startDynamoDbLocal(); }, 60_000);
  afterAll(() => local?.stop());

  evidenceSuite({ open: async () => ({ store: openDynamoStore({ client: local.newClient(), tableNames: local.tableNames }), stop: async () => {} }), labels: 100 });
});
