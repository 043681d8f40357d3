import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { archivedUntil, chainHead } from '../../functions/adapters/store/changes.ts';
import { archiveAudit, type AuditArchivePort } from '../../functions/jobs/archive-audit/archive.ts';
import { ChainVerifier } from '../../functions/core/audit/chain.ts';
import type { AuditEvent } from '../../functions/core/audit/event.ts';
import { ask } from '../admin/support.ts';
import { tempStore, type TempStore } from '../support/store.ts';

let temp: TempStore;
let objects: Map<string, string>;
let archive: AuditArchivePort;
beforeEach(async () => {
  temp = await tempStore();
  objects = new Map();
  archive = { put: async (name, text) => {
    const before = objects.get(name);
    if (before !== undefined && before !== text) throw new Error('an archived object was to be replaced by another one');
    objects.set(name, text);
  } };
});
afterEach(() => temp.cleanup());

const changes = async (count: number): Promise<void> => { for (let at = 0; at < count; at += 1) await ask(temp.store, '/admin/tokens', { method: 'POST', body: { name: `t${at}` } }); };
const archivedEvents = (): AuditEvent[] => [...objects].toSorted(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, text]) => text.trim().split('\n').map((line) => JSON.parse(line) as AuditEvent));
const expectWhole = async (): Promise<void> => {
  const verifier = new ChainVerifier('default');
  for (const event of archivedEvents()) expect(verifier.take(event)).toBeUndefined();
  expect(verifier.end(await chainHead(temp.store, 'default'))).toBeUndefined();
};

describe('the audit archive', () => {
  test('holds every event once, in order, and grows by what is new', async () => {
    await changes(7);
    expect(await archiveAudit(temp.store, archive, 'default')).toEqual({ archived: 7, complete: true, broken: undefined });
    expect(await archiveAudit(temp.store, archive, 'default')).toMatchObject({ archived: 0, complete: true });
    await changes(3);
    expect(await archiveAudit(temp.store, archive, 'default')).toMatchObject({ archived: 3 });
    expect([...objects.keys()]).toEqual(['default/000000000001-000000000007.ndjson', 'default/000000000008-000000000010.ndjson']);
    await expectWhole();
  });

  test('a run that died between object and note is done again, under the same name', async () => {
    await changes(4);
    const dying = { ...temp.store, write: async () => { throw new Error('killed'); } };
    await expect(archiveAudit(dying, archive, 'default')).rejects.toThrow('killed');
    expect(objects.size).toBe(1);
    expect(await archiveAudit(temp.store, archive, 'default')).toMatchObject({ archived: 4 });
    expect(objects.size).toBe(1);
    await expectWhole();
  });

  test('several at once leave one archive', async () => {
    await changes(6);
    await Promise.all([1, 2, 3, 4].map(() => archiveAudit(temp.store, archive, 'default')));
    expect((await archivedUntil(temp.store, 'default'))?.seq).toBe(6);
    await expectWhole();
  });

  test('a forged event is not copied, and is named', async () => {
    await changes(5);
    const forged = { ...temp.store, query: async (query: Parameters<typeof temp.store.query>[0]) => {
      const page = await temp.store.query(query);
      return query.table === 'audit' ? { ...page, rows: page.rows.map((row) => (row.item['seq'] === 3 ? { ...row, item: { ...row.item, action: 'token.deleted' } } : row)) } : page;
    } };
    expect(await archiveAudit(forged, archive, 'default')).toMatchObject({ archived: 0, complete: false, broken: { seq: 3, fault: 'altered' } });
    expect(objects.size).toBe(0);
  });

  test('a tenant without changes has none, and too little time is left for the next run', async () => {
    expect(await archiveAudit(temp.store, archive, 'default')).toEqual({ archived: 0, complete: true, broken: undefined });
    await changes(1);
    expect(await archiveAudit(temp.store, archive, 'default', () => 1_000)).toEqual({ archived: 0, complete: false, broken: undefined });
  });
});
