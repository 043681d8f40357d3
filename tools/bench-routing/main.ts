import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DATA_DIR, loadPairs, loadRows, priorScores } from './data.ts';
import { reportLatency } from './latency-report.ts';
import { Musts } from './musts.ts';
import { reportPairs } from './pairs-report.ts';
import { reportPools } from './pools-report.ts';
import { reportReplay } from './replay.ts';
import { calibrationTable, reportTiers } from './tiers-report.ts';
import { unseenPriorScores } from './unseen-scores.ts';
import { reportAnchors, reportUnseen } from './unseen-report.ts';
import { scoresOf, type BenchWorld } from './world.ts';

/**
 * `npm run bench:routing [-- --data DIR] [--only NAME,…]`: what automatic routing is worth on prompts that nothing was trained
 * on, in parts of which each prints one section. Exit 1 when a "must" fails.
 */
const PARTS: Readonly<Record<string, readonly [title: string, part: (world: BenchWorld) => string]>> = {
  size: ['Artifact', reportSize],
  latency: ['Latency', reportLatency],
  pairs: ['Pairs on dev', reportPairs],
  pools: ['Pools on dev', reportPools],
  tiers: ['Tiers at the default dial, on dev', ({ dev }) => reportTiers(dev)],
  calibration: ['Calibration on dev: chance that a small model fails where a frontier model succeeds', ({ dev }) => calibrationTable(dev)],
  anchors: ['Plain traffic in seven languages, held back from training', reportAnchors],
  unseen: ['Tasks never seen in training, no evidence', reportUnseen],
  replay: ['Evidence: the online replay of tenants that start from nothing', ({ pairs, train, dev, musts }) => reportReplay(pairs, [...train.rows, ...dev.rows], musts)],
};
const MOST_ARTIFACT_BYTES = 200 * 1_024;

function reportSize({ musts }: BenchWorld): string {
  const bytes = statSync(join(import.meta.dirname, '../../functions/core/routing/classifier/prior-artifact.json')).size;
  musts.check(`artifact: ${bytes} bytes, at most ${MOST_ARTIFACT_BYTES}`, bytes <= MOST_ARTIFACT_BYTES);
  return `${bytes} bytes`;
}

const { values: { data, only } } = parseArgs({ options: { data: { type: 'string', default: DATA_DIR }, only: { type: 'string' } } });
const [train, dev, devOpen] = [loadRows(data, ['train']), loadRows(data, ['dev']), loadRows(data, ['dev_nc'])];
const world: BenchWorld = {
  pairs: loadPairs(data), musts: new Musts(), train: scoresOf(train, unseenPriorScores(train)),
  dev: scoresOf(dev, priorScores(dev)), devOpen: scoresOf(devOpen, priorScores(devOpen)),
};
for (const [name, [title, part]] of Object.entries(PARTS)) {
  if (only === undefined || only.split(',').includes(name)) console.log(`\n## ${title}\n\n${part(world)}`);
}
console.log(`\n## Must\n\n${world.musts.lines.join('\n')}`);
process.exit(world.musts.failed === 0 ? 0 : 1);
