import { readArtifact } from '../../functions/core/routing/classifier/artifact.ts';
import { DENSE_FEATURES } from '../../functions/core/routing/classifier/dense-features.ts';
import { priorScores, type BenchRow, type Pairs } from '../bench-routing/data.ts';
import { apgr, bootstrap, curveOf, pairItems } from '../bench-routing/metrics.ts';
import { fixed, table } from '../bench-routing/musts.ts';
import { calibrationTable, reportTiers } from '../bench-routing/tiers-report.ts';
import { scoresOf } from '../bench-routing/world.ts';
import type { Penalty } from './logistic.ts';
import { LOSS_RATIO, MEANINGFUL } from './need.ts';
import { ANCHOR_WEIGHT, LEAST_FRONTIER, type Trained } from './train.ts';

/** Origin and licence of what is trained on, as the data's own list of sources states them. AlpacaEval (non-commercial) is not among them. */
const SOURCES = [
  ['routellm_mmlu, routellm_gsm8k', 'lm-sys/RouteLLM (0b64fda)', 'Apache-2.0', 'MMLU MIT; GSM8K MIT'],
  ['mmlu_pro', 'TIGER-AI-Lab/MMLU-Pro (f418b11)', 'Apache-2.0', 'MMLU-Pro (MMLU, TheoremQA, SciBench, STEMEZ)'],
  ['zeroeval_gsm, zeroeval_math_l5', 'yuchenlin/ZeroEval (570c626)', 'Apache-2.0', 'GSM8K MIT; MATH MIT'],
  ['bfcl', 'HuanzhiMao/BFCL-Result (b4adfc9)', 'no licence file (Gorilla/BFCL itself is Apache-2.0)', 'BFCL v1, Apache-2.0'],
  ['llmrouter', 'ulab-uiuc/LLMRouter (4e7a796)', 'MIT', 'NQ CC BY-SA 3.0, TriviaQA Apache-2.0, MMLU MIT, MBPP CC BY 4.0, GSM8K/MATH MIT, CommonsenseQA MIT, OpenBookQA Apache-2.0, ARC CC BY-SA 4.0, MGSM CC BY-SA 4.0, CommonGen MIT'],
  ['anchors', 'tools/train-classifier/anchors.json', 'written for this project', ''],
] as const;

export interface CardFacts { readonly trained: Trained; readonly penalty: Penalty; readonly bytes: number; readonly dev: readonly BenchRow[]; readonly pairs: Pairs; readonly date: string }

/** The model card, every figure of which comes from this training. */
export function cardOf({ trained, penalty, bytes, dev, pairs, date }: CardFacts): string {
  const { artifact, dropped, examples, logLosses } = trained;
  const judged = scoresOf(dev, priorScores(dev, readArtifact(artifact)));
  const ranking = MEANINGFUL.flatMap((name) => {
    const spec = pairs.pairs[name];
    if (spec === undefined) return [];
    const items = pairItems(pairs, spec, dev);
    const scores = items.map(({ row }) => judged.of.get(row.id)?.exact ?? 0);
    const [low, high] = bootstrap(items.length, (sample) => apgr(curveOf(sample.flatMap((at) => items[at] ?? []), sample.map((at) => scores[at] ?? 0))));
    return [[name, String(items.length), fixed(apgr(curveOf(items, scores))), `${fixed(low, 2)}–${fixed(high, 2)}`]];
  });
  const { need } = artifact;
  return `# Model card: the routing prior ${artifact.id}

Written by \`npm run train\` on ${date}; do not edit. SHA-256 of the content: \`${artifact.sha256}\`, ${bytes} bytes.

## What it is

Three linear heads: how likely a small, a mid and a frontier model answers a request well enough. They read the latest user turn that asks for
something (its first 2,000 and last 1,000 characters word by word) and whether tools and a schema come with it: ${DENSE_FEATURES.length} dense features, and word uni- and bigrams in
65,536 buckets, of which 12,000 keep an 8-bit weight. Score = 100 × sigmoid(${need.offset} ${['small', 'mid', 'frontier'].map((head, at) => `${(need.slopes[at] ?? 0) < 0 ? '−' : '+'} ${Math.abs(need.slopes[at] ?? 0)} × ${head}`).join(' ')}), which is the
calibrated chance p that a small model fails where a frontier model succeeds, a failure weighing as much as ${LOSS_RATIO} needless strong answers: score = 100 × ${LOSS_RATIO}p / (${LOSS_RATIO}p + 1 − p). The default
boundaries 30 and 65 are p = ${fixed(30 / (30 + LOSS_RATIO * 70))} and ${fixed(65 / (65 + LOSS_RATIO * 35))}. A prompt whose share of never seen words is ${artifact.novelFrom} or more counts as novel (one in two hundred of the training prompts, judged out of fold), as does one with
attachments or far longer than any in training.

## Data

${examples} examples; benchmark questions in English, each with the measured quality of several models per tier, and anchors for plain traffic in seven languages, weighted ${ANCHOR_WEIGHT} times (greetings and questions of fact twice that). No row of \`dev\` and none of
AlpacaEval (CC BY-NC) was trained on. Left out, because not even frontier models satisfy the grading in ${100 * LEAST_FRONTIER} % of cases: ${dropped.join(', ') || 'nothing'}.

${table(['source', 'repository (commit)', 'licence of the repository', 'underlying prompts'], SOURCES)}

The licences of the underlying prompts are from general knowledge; have them checked before redistribution. The artifact holds no prompt and no model output: hashed buckets and weights.

## Scores

Log-loss of the heads (small, mid, frontier) over five folds of train, by prompt: ${logLosses.map((loss) => loss.toFixed(4)).join(', ')}, with penalties dense ${penalty.dense}, words ${penalty.words}, chosen by it. How the heads are weighed was chosen so that the ranking is best
on the pair where it is worst (${fixed(trained.worstApgr)}, out of fold). On \`dev\`, average performance gap recovered (0.5 = random):

${table(['pair', 'n', 'APGR', '95 %'], ranking)}

Calibration on \`dev\`:

${calibrationTable(judged)}

Quality by tier at the default boundaries, on \`dev\`:

${reportTiers(judged)}
\`npm run bench:routing\` prints all of it again, and with it the savings, the pools, the tasks never seen in training and the time a score takes.

## What it is not good for

* It is a prior. On kinds of tasks it never saw its ranking is near random, as that of every text classifier is that was tried on these data; evidence on the tenant's own traffic is what proves a saving.
* The training questions are English, single-turn and mostly hard exam questions. Summaries, extraction, long chats and agents' turns are known from a few hundred anchors only.
* Other languages are known by word lists in seven languages and by their anchors. Texts in any other are novel, and in balanced mode never go below moderate.
* The anchors that were held back for testing come from the same hand as the others and were looked at while the word lists were made. They show that no language was forgotten, not how well it does on other people's prompts.
* It does not see images, documents, sound, the system prompt or earlier turns, except the turn that a mere "go on" refers to.
* A long-tail question of fact looks like an everyday one: both are short. Small models know fewer facts.
* Tiers are a small, a mid and a frontier model of 2023–24; what a small model of today can do is for evidence to say.
`;
}
