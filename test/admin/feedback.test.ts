import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { listChanges } from '../../functions/adapters/store/changes.ts';
import { saveFeedback } from '../../functions/adapters/store/feedback.ts';
import type { Role } from '../../functions/admin/ports.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { ask, entryAt, NOW, putEntries, type AdminAnswer } from './support.ts';

let temp: TempStore;
beforeEach(async () => { temp = await tempStore(); });
afterEach(() => temp.cleanup());

const entry = entryAt(NOW - 1_000);
const at = new Date(NOW).toISOString();
const as = (role: Role): Promise<AdminAnswer> => ask(temp.store, `/admin/requests/${entry.requestId}`, { ports: { identify: async () => ({ userId: 'p', name: 'P', via: 'person', memberships: [{ tenantId: 'default', role }] }) } });
const reads = async (): Promise<unknown[]> => (await listChanges(temp.store, 'default', { limit: 100 })).items.filter(({ action }) => action === 'content.read');

test('a rating is on the entry for everybody, its comment for administrators alone, and each showing leaves a trace without the words', async () => {
  await putEntries(temp.store, [entry]);
  expect((await as('viewer')).json['feedback']).toBeUndefined();
  await saveFeedback(temp.store, 'default', { requestId: entry.requestId, feedback: { rating: 'down', at }, comment: 'COMMENT-CANARY', before: undefined }, NOW);
  for (const role of ['viewer', 'member'] as const) expect((await as(role)).json['feedback']).toEqual({ rating: 'down', at, hasComment: true });
  expect(await reads()).toEqual([]);
  for (const role of ['admin', 'owner'] as const) expect((await as(role)).json['feedback']).toEqual({ rating: 'down', at, hasComment: true, comment: 'COMMENT-CANARY' });
  expect(await reads()).toMatchObject([{ target: { type: 'request', id: entry.requestId } }, { target: { type: 'request', id: entry.requestId } }]);
  expect(JSON.stringify(await reads())).not.toContain('CANARY');
  expect(((await ask(temp.store, '/admin/requests')).json['items'] as object[])[0]).toMatchObject({ feedback: { rating: 'down', at, hasComment: true } });
});

test('a comment is forgotten after 30 days, a rating is not', async () => {
  await putEntries(temp.store, [entry]);
  await saveFeedback(temp.store, 'default', { requestId: entry.requestId, feedback: { rating: 2, at }, comment: 'words', before: undefined }, NOW - 30 * 86_400_000);
  expect((await as('owner')).json['feedback']).toEqual({ rating: 2, at, hasComment: false });
});
