import { added, descaled, halfOf, sumsOf, type Cell, type Half } from '../../core/routing/evidence/cell.ts';
import { epochAt, FRESH_HALF_LIFE_MS, HALF_LIFE_MS, isWorn, KEPT_MS, rounded, scaleAt } from '../../core/routing/evidence/decay.ts';
import type { JudgeRecord } from '../../core/routing/evidence/judge-error.ts';
import { VETO_KINDS, type JudgeCheck, type Label, type Veto, type VetoCount } from '../../core/routing/evidence/label.ts';
import type { EvidenceSums } from '../../core/routing/evidence/summary.ts';
import { partition } from './entity.ts';
import { templateWithRoom } from './evidence-templates.ts';
import { StoreError, type Item, type Key, type Row, type Store } from './port.ts';

/**
 * Evidence stands with the ledger (table usage): the data plane writes it, and must not write what operators decide.
 * Cells: `T#<tenant>#EVIDENCE`, sort key template#model#baseline; both halves of the sums in one item, scaled by
 * 2^((t − epochMs)/half-life), so that a label is one write of numeric adds. Vetoes and judge checks likewise.
 */
const cellsOf = (tenantId: string): string => partition('T', tenantId, 'EVIDENCE');
const vetoesOf = (tenantId: string): string => partition('T', tenantId, 'EVIDENCE-VETO');
const checksOf = (tenantId: string): string => partition('T', tenantId, 'EVIDENCE-JUDGE');

const SUMS = { sumW: 'W', sumW2: 'W2', sumWd: 'D', sumWd2: 'D2' } as const satisfies Record<keyof EvidenceSums, string>;
type SumName = keyof typeof SUMS;
const SUM_NAMES = Object.keys(SUMS) as SumName[];
const HALVES: readonly Half[] = ['a', 'b'];
/** Prefix of the sums of lately. */
const FRESH = 'f';

const named = (prefix: string, sums: EvidenceSums): Record<string, number> => Object.fromEntries(SUM_NAMES.map((name) => [`${prefix}${SUMS[name]}`, sums[name]]));
const linearOf = (prefix: string): string[] => ['sumW', 'sumWd', 'sumWd2'].map((name) => `${prefix}${SUMS[name as SumName]}`);

/**
 * Adds one judged pair. One write (two when the cell is new or its epoch is over), exact however many add at once: nothing
 * is read and written back. A template without a cell takes one of the tenant's places, or its parent's cell when there
 * is none left. Recording a label twice counts it twice.
 */
export async function recordLabel(store: Store, tenantId: string, label: Label, nowMs: number): Promise<void> {
  const atMs = timeOf(label.at, nowMs);
  const half = halfOf(label.requestId);
  await addDecayed(store, {
    place: (templateKey) => ({ table: 'usage', pk: cellsOf(tenantId), sk: `${templateKey}#${label.model}#${label.baseline}` }),
    tenantId, label, nowMs,
    add: (epochMs) => {
      const fresh = sumsOf(label, scaleAt(atMs, epochMs, FRESH_HALF_LIFE_MS));
      return { labels: 1, costMicros: label.costMicros ?? 0, ...named(half, sumsOf(label, scaleAt(atMs, epochMs))), ...named(FRESH, fresh) };
    },
    count: 'labels',
    set: { updatedAt: label.at },
    sums: [
      ...HALVES.map((half) => ({ halfLifeMs: HALF_LIFE_MS, linear: linearOf(half), square: [`${half}W2`] })),
      { halfLifeMs: FRESH_HALF_LIFE_MS, linear: linearOf(FRESH), square: [`${FRESH}W2`] },
    ],
  });
}

/** Adds one veto; exact like `recordLabel`. A template without a place is not given one by vetoes: they go to its parent's. */
export async function recordVeto(store: Store, tenantId: string, veto: Veto, nowMs: number): Promise<void> {
  const atMs = timeOf(veto.at, nowMs);
  await addDecayed(store, {
    place: (templateKey) => ({ table: 'usage', pk: vetoesOf(tenantId), sk: `${templateKey}#${veto.model}` }),
    tenantId, label: veto, nowMs,
    add: (epochMs) => ({ count: 1, [veto.kind]: rounded(scaleAt(atMs, epochMs)) }),
    count: 'count',
    set: { updatedAt: veto.at },
    sums: [{ halfLifeMs: HALF_LIFE_MS, linear: VETO_KINDS, square: [] }],
  });
}

/** Adds one pair by which the judge is judged; exact like `recordLabel`. */
export async function recordJudgeCheck(store: Store, tenantId: string, check: JudgeCheck, nowMs: number): Promise<void> {
  const atMs = timeOf(check.at, nowMs);
  await addDecayed(store, {
    place: () => ({ table: 'usage', pk: checksOf(tenantId), sk: check.judge }),
    tenantId, label: undefined, nowMs,
    add: (epochMs) => {
      const weight = rounded(scaleAt(atMs, epochMs));
      return { count: 1, [`${check.kind}Pairs`]: weight, ...(check.wrong && { [`${check.kind}Wrong`]: weight }) };
    },
    count: 'count',
    set: { updatedAt: check.at },
    sums: [{ halfLifeMs: HALF_LIFE_MS, linear: ['aaPairs', 'aaWrong', 'plantedPairs', 'plantedWrong'], square: [] }],
  });
}

interface Addition {
  readonly place: (templateKey: string) => Key;
  readonly tenantId: string;
  /** Whose template needs a place; undefined = none does. */
  readonly label: Pick<Label, 'templateKey' | 'parentKey'> | undefined;
  readonly nowMs: number;
  readonly add: (epochMs: number) => Record<string, number>;
  /** The attribute that every addition raises by one: who moves the epoch learns from it of additions in between. */
  readonly count: string;
  readonly set: Item;
  /** Attributes that grow with the scale of a half-life, and with its square. */
  readonly sums: readonly { readonly halfLifeMs: number; readonly linear: readonly string[]; readonly square: readonly string[] }[];
}

const MAX_TRIES = 16;

async function addDecayed(store: Store, addition: Addition): Promise<void> {
  const { label, nowMs, tenantId } = addition;
  let templateKey = label?.templateKey ?? '';
  let epochMs = epochAt(nowMs);
  let isNew = false;
  const set = { ...addition.set, expiresAt: Math.ceil((nowMs + KEPT_MS) / 1000) };
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const key = addition.place(templateKey);
    const result = isNew
      ? await store.write([{ update: key, set: { ...set, epochMs }, add: addition.add(epochMs), guards: [{ absent: true }] }])
      : await store.write([{ update: key, set, add: addition.add(epochMs), guards: [{ attr: 'epochMs', equals: epochMs }] }]);
    if (result.ok) return;
    const { current } = result;
    if (current === undefined) {
      if (label !== undefined) templateKey = await templateWithRoom(store, tenantId, { ...label, templateKey }, nowMs);
      isNew = true;
      epochMs = epochAt(nowMs);
      continue;
    }
    isNew = false;
    const stored = Number(current['epochMs']);
    epochMs = isWorn(stored, nowMs) ? await moveEpoch(store, key, current, addition) : stored;
  }
  throw new StoreError('unavailable', 'evidence is contended');
}

/** Divides all sums by the new epoch's scale, unless something was added since `current` was read; returns the epoch to try next. */
async function moveEpoch(store: Store, key: Key, current: Item, { nowMs, count, sums }: Addition): Promise<number> {
  const [before, after] = [Number(current['epochMs']), epochAt(nowMs)];
  const moved = (name: string, by: number): [string, number] => [name, rounded(Number(current[name] ?? 0) / by)];
  const set: Item = { epochMs: after, ...Object.fromEntries(sums.flatMap(({ halfLifeMs, linear, square }) => {
    const scale = scaleAt(after, before, halfLifeMs);
    return [...linear.map((name) => moved(name, scale)), ...square.map((name) => moved(name, scale * scale))];
  })) };
  const result = await store.write([{ update: key, set, guards: [{ attr: 'epochMs', equals: before }, { attr: count, equals: Number(current[count]) }] }]);
  return result.ok ? after : Number(result.current?.['epochMs'] ?? before);
}

/** A clock that runs ahead must not make one label weigh more than all others. */
function timeOf(at: string, nowMs: number): number {
  const ms = Date.parse(at);
  return Number.isFinite(ms) ? Math.min(ms, nowMs) : nowMs;
}


const isLive = (item: Item, nowMs: number): boolean => Number(item['expiresAt'] ?? Infinity) * 1000 > nowMs;

function cellOf(sk: string, item: Item, nowMs: number): Cell {
  const [templateKey = '', model = '', baseline = ''] = sk.split('#');
  const sums = (prefix: string, halfLifeMs: number): EvidenceSums =>
    descaled(Object.fromEntries(SUM_NAMES.map((name) => [name, Number(item[`${prefix}${SUMS[name]}`] ?? 0)])) as Record<SumName, number>, scaleAt(nowMs, Number(item['epochMs']), halfLifeMs));
  return { templateKey, model, baseline, labels: Number(item['labels'] ?? 0), a: sums('a', HALF_LIFE_MS), b: sums('b', HALF_LIFE_MS), fresh: sums(FRESH, FRESH_HALF_LIFE_MS), updatedAt: String(item['updatedAt'] ?? '') };
}

/** Cells by template, model and baseline, decayed as of `nowMs`. Throws `StoreError('invalid')` for a cursor of another list. */
export async function listEvidence(store: Store, tenantId: string, nowMs: number, page: { readonly limit: number; readonly cursor?: string | undefined }): Promise<{ items: Cell[]; cursor?: string }> {
  const { rows, cursor } = await store.query({ table: 'usage', pk: cellsOf(tenantId), limit: page.limit, ...(page.cursor !== undefined && { cursor: page.cursor }) });
  return { items: rows.filter(({ item }) => isLive(item, nowMs)).map(({ sk, item }) => cellOf(sk, item, nowMs)), ...(cursor !== undefined && { cursor }) };
}

/** All live cells of a tenant: at most 2,000 templates × its models. */
export async function readCells(store: Store, tenantId: string, nowMs: number): Promise<Cell[]> {
  const rows = await readRows(store, cellsOf(tenantId));
  return rows.filter(({ item }) => isLive(item, nowMs)).map(({ sk, item }) => cellOf(sk, item, nowMs));
}

async function readRows(store: Store, pk: string): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.query({ table: 'usage', pk, limit: 1000, ...(cursor !== undefined && { cursor }) });
    rows.push(...page.rows);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return rows;
}

export const sumsOfCell = ({ a, b }: Cell): EvidenceSums => added(a, b);

/** All live counts of vetoes, decayed as of `nowMs`. */
export async function readVetoes(store: Store, tenantId: string, nowMs: number): Promise<VetoCount[]> {
  const rows = await readRows(store, vetoesOf(tenantId));
  return rows.filter(({ item }) => isLive(item, nowMs)).map(({ sk, item }) => {
    const [templateKey = '', model = ''] = sk.split('#');
    const scale = scaleAt(nowMs, Number(item['epochMs']));
    const count = (kind: string): number => Number(item[kind] ?? 0) / scale;
    return { templateKey, model, counts: { structural: count('structural'), feedback: count('feedback'), retry: count('retry') } };
  });
}

/** How a judge has done; undefined when it was never checked. */
export async function readJudge(store: Store, tenantId: string, judge: string, nowMs: number): Promise<JudgeRecord | undefined> {
  const item = await store.get({ table: 'usage', pk: checksOf(tenantId), sk: judge });
  if (item === undefined || !isLive(item, nowMs)) return undefined;
  const scale = scaleAt(nowMs, Number(item['epochMs']));
  const count = (name: string): number => Number(item[name] ?? 0) / scale;
  return { aaPairs: count('aaPairs'), aaWrong: count('aaWrong'), plantedPairs: count('plantedPairs'), plantedWrong: count('plantedWrong') };
}
