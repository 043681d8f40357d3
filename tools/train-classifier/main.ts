import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DATA_DIR, loadPairs, loadRows } from '../bench-routing/data.ts';
import { mean } from '../bench-routing/metrics.ts';
import { cardOf } from './card.ts';
import { crossFit, logLosses, type Unseen } from './cross-fit.ts';
import type { Penalty } from './logistic.ts';
import { train, trainingSet } from './train.ts';

/** `npm run train -- [--data DIR] [--date YYYY-MM-DD]`: writes the artifact, what was chosen, and the model card. */
const ROOT = join(import.meta.dirname, '..', '..');
const { values } = parseArgs({ options: { data: { type: 'string', default: DATA_DIR }, date: { type: 'string', default: new Date().toISOString().slice(0, 10) } } });
const PENALTIES: readonly Penalty[] = [{ dense: 1, words: 0.1 }, { dense: 1, words: 0.25 }, { dense: 1, words: 0.5 }, { dense: 1, words: 1 }];

const rows = loadRows(values.data, ['train']);
const pairs = loadPairs(values.data);
const { labelled, dropped } = trainingSet(rows);
console.log(`${labelled.length} examples; left out, since even frontier models rarely satisfy the grading: ${dropped.join(', ') || 'nothing'}`);
let best: { penalty: Penalty; loss: number; unseen: Unseen[] } | undefined;
for (const penalty of PENALTIES) {
  const unseen = crossFit(labelled, penalty);
  const losses = logLosses(labelled, unseen);
  const loss = mean(losses);
  console.log(`penalty dense ${penalty.dense} words ${penalty.words}: log-loss ${losses.map((value) => value.toFixed(4)).join(' ')} mean ${loss.toFixed(4)}`);
  if (best === undefined || loss < best.loss) best = { penalty, loss, unseen };
}
if (best === undefined) throw new Error('There is no penalty to choose from.');
const trained = train(rows, pairs, best.penalty, `prior-${values.date}`, { unseen: best.unseen });
const json = `${JSON.stringify(trained.artifact)}\n`;
writeFileSync(join(ROOT, 'functions/core/routing/classifier/prior-artifact.json'), json);
writeFileSync(join(ROOT, 'tools/train-classifier/chosen.json'), `${JSON.stringify({ penalty: best.penalty })}\n`);
writeFileSync(join(ROOT, 'docs/model-card.md'), cardOf({ trained, penalty: best.penalty, bytes: json.length, dev: loadRows(values.data, ['dev']), pairs, date: values.date }));
console.log(`${trained.artifact.id}: ${json.length} bytes, need ${JSON.stringify(trained.artifact.need)}, novel from ${trained.artifact.novelFrom}, worst pair ${trained.worstApgr.toFixed(3)}`);
