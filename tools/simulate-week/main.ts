import { mean, randomOf } from '../bench-routing/metrics.ts';
import { fixed, Musts, table as markdown } from '../bench-routing/musts.ts';
import { learningInMemory } from './in-memory.ts';
import { learningInStore } from './in-store.ts';
import { readTable, type Table } from './table.ts';
import { liveWeek, ofWeek, QUALITY_TARGET, type Week } from './week.ts';

/** `npm run simulate:week`: what automatic routing brings a tenant of 20,000 requests a week, day by day, with scripted models. Exit 1 when a "must" fails. */
const SEEDS = 20;
const REQUESTS = 20_000;
/** Below the quality target by at most so much, in any seed. */
const BOUND = 0.01;
const REVERSED_WITHIN_DAYS = 2;

const table = readTable();
const musts = new Musts();
const steady: Table = { ...table, change: { ...table.change, day: Infinity } };

async function weeks(of: Table, mode: 'cautious' | 'balanced', before: number): Promise<Week[]> {
  const all: Week[] = [];
  for (let seed = 1; seed <= SEEDS; seed += 1) all.push(await liveWeek({ table: of, seed, mode, before, learning: learningInMemory(of, REQUESTS / 7) }));
  return all;
}

function print(title: string, all: readonly Week[]): void {
  const days = all[0]?.days.length ?? 0;
  const rows = Array.from({ length: days }, (_, at) => all.flatMap((week) => week.days[at] ?? [])).map((own, at) => [
    String(at + 1), ...[own.map(({ gross }) => gross), own.map(({ shadow }) => shadow), own.map(({ net }) => net)].map((values) => fixed(100 * mean(values), 1)),
    fixed(100 * mean(own.map(({ difference }) => difference)), 2), fixed(100 * Math.min(...own.map(({ difference }) => difference)), 2), fixed(mean(own.map(({ labels }) => labels)), 0), fixed(mean(own.map(({ downgraded }) => downgraded)), 1),
  ]);
  console.log(`\n## ${title}\n\n${markdown(['day', 'gross saving %', 'shadow cost %', 'net saving %', 'quality against the baseline, points', 'the worst seed', 'labels', 'templates downgraded'], rows)}`);
}

const points = (value: number): string => fixed(100 * value, 2);
const target = QUALITY_TARGET - 1;
const worst = (all: readonly Week[]): number => Math.min(...all.flatMap(({ days }) => days.map(({ difference }) => difference)));
const worstWeek = (all: readonly Week[]): number => Math.min(...all.map((week) => ofWeek(week, ({ difference }) => difference)));

/** Seed by seed: quality against the target, as scripted and as the answers happened to turn out. */
function printSeeds(all: readonly Week[]): void {
  const strayed = all.flatMap(({ days }) => days.filter(({ difference }) => difference !== 0).map(({ difference, seen }) => seen - difference));
  const rows = all.map((week, at) => {
    const [difference, seen, strongest] = [ofWeek(week, (day) => day.difference), ofWeek(week, (day) => day.seen), ofWeek(week, (day) => day.strongest)];
    return [String(at + 1), fixed(100 * (1 + difference / strongest), 1), points(difference), points(difference - target), points(Math.min(...week.days.map((day) => day.difference))), points(seen), points(Math.min(...week.days.map((day) => day.seen)))];
  });
  console.log(`\n${markdown(['seed', 'quality of the baseline\'s, %', 'against the baseline, points', 'above the target', 'worst day', 'as it turned out: week', 'worst day'], rows)}`);
  console.log(`\nThe table says how good a model is; how a day's answers turn out strays from it by chance, with a standard deviation of ${points(Math.sqrt(mean(strayed.map((value) => value ** 2))))} points on days with downgrades.`);
}

function bounded(name: string, all: readonly Week[]): void {
  musts.check(`${name}: no week of ${SEEDS} seeds below the target of ${points(target)} by more than 1 point (worst ${points(worstWeek(all))}; worst day ${points(worst(all))})`, worstWeek(all) >= target - BOUND);
}

/** Where no model changes, no single day either. On the day of a change what was certified is no longer what serves. */
function boundedByDay(name: string, all: readonly Week[]): void {
  musts.check(`${name}: nor any day of them (worst ${points(worst(all))})`, worst(all) >= target - BOUND);
}

const first = await weeks(steady, 'cautious', 0);
print(`Cautious, from nothing: ${SEEDS} seeds`, first);
printSeeds(first);
bounded('cautious, from nothing', first);
boundedByDay('cautious, from nothing', first);
const third = await weeks(steady, 'cautious', 2);
print('Cautious, the third week', third);
printSeeds(third);
bounded('cautious, the third week', third);
boundedByDay('cautious, the third week', third);
const changed = await weeks(table, 'cautious', 2);
print(`Cautious, the third week, ${table.change.model} gets worse on ${table.change.template} on day ${table.change.day}`, changed);
bounded('cautious, the third week with the change', changed);
const exposed = changed.map(({ exposedDays }) => exposedDays).filter((days) => days > 0);
musts.check(`cautious: a model that gets worse serves ${REVERSED_WITHIN_DAYS} days at most from then on (it served in ${exposed.length} of ${SEEDS} seeds; longest ${fixed(Math.max(...exposed), 1)}, mean ${fixed(mean(exposed), 1)} days; worst day of all ${fixed(100 * worst(changed), 2)} points)`, exposed.length > 0 && Math.max(...exposed) <= REVERSED_WITHIN_DAYS);
print('Balanced, from nothing (what has no evidence is served by the tier\'s model)', await weeks(steady, 'balanced', 0));

const learning = await learningInStore(table, randomOf(7));
const stored = await liveWeek({ table, seed: 18, mode: 'cautious', before: 1, learning });
print('One seed through the SQLite store and the job itself: the second week', [stored]);
musts.check(`through the store and the job (${learning.written()} plans written): the model that got worse served ${fixed(stored.exposedDays, 1)} days from then on, at most ${REVERSED_WITHIN_DAYS} (worst day ${fixed(100 * worst([stored]), 2)} points)`, learning.written() > 0 && stored.exposedDays > 0 && stored.exposedDays <= REVERSED_WITHIN_DAYS);
await learning.close();

console.log(`\n${musts.lines.join('\n')}`);
process.exit(musts.failed === 0 ? 0 : 1);
