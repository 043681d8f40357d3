import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DATA_DIR, loadPairs, loadRows, priorScores, type BenchRow, type PriorScore } from './data.ts';
import { reportLatency } from './latency-report.ts';
import { Musts } from './musts.ts';
import { reportPairs, type Scores } from './pairs-report.ts';
import { reportPools } from './pools-report.ts';
import { calibrationTable, reportTiers } from './tiers-report.ts';
import { unseenPriorScores } from './unseen-scores.ts';
import { reportUnseen } from './unseen-report.ts';

/** `npm run bench:routing [-- --data DIR]`: what automatic routing is worth on prompts that nothing was trained on. Exit 1 when a "must" fails. */
const { values: { data } } = parseArgs({ options: { data: { type: 'string', default: DATA_DIR } } });
const ARTIFACT = join(import.meta.dirname, '../../functions/core/routing/classifier/prior-artifact.json');
const MOST_ARTIFACT_BYTES = 200 * 1_024;

const musts = new Musts();
const print = (title: string, text: string): void => console.log(`\n## ${title}\n\n${text}`);
const scoresOf = (rows: readonly BenchRow[], scores: readonly PriorScore[]): Scores => ({ rows, of: new Map(rows.flatMap(({ id }, at) => (scores[at] === undefined ? [] : [[id, scores[at]] as const]))) });

const pairs = loadPairs(data);
const [train, dev, devOpen] = [loadRows(data, ['train']), loadRows(data, ['dev']), loadRows(data, ['dev_nc'])];
const judged = scoresOf([...dev, ...devOpen], priorScores([...dev, ...devOpen]));
const fitted = scoresOf(train, unseenPriorScores(train));

const bytes = statSync(ARTIFACT).size;
musts.check(`artifact: ${bytes} bytes, at most ${MOST_ARTIFACT_BYTES}`, bytes <= MOST_ARTIFACT_BYTES);
print('Latency', reportLatency(dev, musts));
print('Pairs on dev', reportPairs(pairs, fitted, judged, musts));
print('Pools on dev', reportPools(pairs, fitted, judged, musts));
const devOnly = { rows: dev, of: judged.of };
print('Tiers at the default dial, on dev', reportTiers(devOnly));
print('Calibration on dev: chance that a small model fails where a frontier model succeeds', calibrationTable(devOnly));
print('Tasks never seen in training, no evidence', reportUnseen(pairs, train, dev, musts));
print('Must', musts.lines.join('\n'));
process.exit(musts.failed === 0 ? 0 : 1);
