import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { archivedTenants, verifyArchive } from '../../functions/jobs/archive-audit/verify-archive.ts';
import { root } from '../house/tree.ts';
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

describe('verifying a copy of the archive', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bsg-archive-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const copied = (change: (name: string, text: string) => string = (_name, text) => text): void => {
    rmSync(folder, { recursive: true });
    mkdirSync(join(folder, 'default'), { recursive: true });
    for (const [name, text] of objects) writeFileSync(join(folder, name), change(name, text));
  };

  test('a whole chain is intact, also where a dead run left a stretch twice', async () => {
    await changes(4);
    const dying = { ...temp.store, write: async () => { throw new Error('killed'); } };
    await expect(archiveAudit(dying, archive, 'default')).rejects.toThrow('killed');
    await changes(3);
    await archiveAudit(temp.store, archive, 'default');
    expect(objects.size).toBe(2);
    copied();
    expect(archivedTenants(folder)).toEqual(['default']);
    expect(verifyArchive(folder, 'default')).toEqual({ events: 7, broken: undefined });
  });

  test('an event that was altered, left out, cut in two or told differently in a second copy is found', async () => {
    await changes(5);
    await archiveAudit(temp.store, archive, 'default');
    const first = [...objects.values()][0] ?? '';
    const lines = first.trim().split('\n');
    const altered = (line = ''): string => line.replace('token.created', 'token.deleted');
    copied(() => [...lines.slice(0, 2), altered(lines[2]), ...lines.slice(3)].join('\n'));
    expect(verifyArchive(folder, 'default')).toMatchObject({ events: 2, broken: { seq: 3, fault: 'altered' } });
    copied(() => [...lines.slice(0, 2), ...lines.slice(3)].join('\n'));
    expect(verifyArchive(folder, 'default')).toMatchObject({ events: 2, broken: { seq: 3, fault: 'missing' } });
    copied((_name, text) => text.slice(0, text.indexOf('\n') + 30));
    expect(verifyArchive(folder, 'default')).toMatchObject({ events: 1, broken: { seq: 2, fault: 'altered' } });
    copied();
    expect(altered(lines[1])).not.toBe(lines[1]);
    writeFileSync(join(folder, 'default/000000000002-000000000002.ndjson'), altered(lines[1]));
    expect(verifyArchive(folder, 'default')).toMatchObject({ events: 5, broken: { seq: 2, fault: 'altered' } });
  });

  test('the command names the tenant and exits 1 where the chain is broken', async () => {
    await changes(2);
    await archiveAudit(temp.store, archive, 'default');
    const command = (): { status: number | null; stdout: string; stderr: string } => spawnSync(process.execPath, [join(root, 'tools/verify-audit.ts'), '--archive', folder], { encoding: 'utf8' });
    copied();
    expect(command()).toMatchObject({ status: 0, stdout: 'default: 2 events, intact\n' });
    copied((_name, text) => text.replace('token.created', 'token.deleted'));
    expect(command()).toMatchObject({ status: 1, stdout: 'default: broken at event 1 (altered), after 0 intact events\n' });
    rmSync(join(folder, 'default'), { recursive: true });
    expect(command()).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('There is no archived tenant') });
  });
});
