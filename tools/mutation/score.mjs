/** Folders of functions/core whose tests are put to the proof. */
export const FOLDERS = ['limits', 'money', 'keys', 'audit'];
/** Of every folder, and of all together. */
export const LEAST_PERCENT = 85;

/** A change that made a loop endless was noticed as well as one that failed a test. */
const NOTICED = new Set(['Killed', 'Timeout']);
const UNNOTICED = new Set(['Survived', 'NoCoverage']);

/**
 * How many changes the tests noticed, per folder and over all. `results` are Stryker's: each with `fileName` and
 * `status`. What could not be run (`RuntimeError`, `CompileError`) or was left out on purpose (`Ignored`) counts on neither side.
 */
export function scores(results) {
  const folderOf = ({ fileName }) => FOLDERS.find((folder) => fileName.replaceAll('\\', '/').includes(`functions/core/${folder}/`));
  const rows = FOLDERS.map((folder) => score(folder, results.filter((result) => folderOf(result) === folder))).filter(({ counted }) => counted > 0);
  return [...rows, score('all', results)];
}

function score(name, results) {
  const noticed = results.filter(({ status }) => NOTICED.has(status)).length;
  const counted = noticed + results.filter(({ status }) => UNNOTICED.has(status)).length;
  return { name, noticed, counted, others: results.length - counted, ok: counted > 0 && noticed * 100 >= counted * LEAST_PERCENT };
}

/** One line per folder and one for all, with one decimal rounded down, so that 85.0 is never less than 85. */
export function scoreLines(rows) {
  return rows.map(({ name, noticed, counted, others, ok }) => {
    const percent = counted === 0 ? 'none' : `${(Math.floor((noticed * 1000) / counted) / 10).toFixed(1)} %`;
    return `${ok ? 'pass' : 'FAIL'}  ${name.padEnd(6)}  ${percent.padStart(7)} of mutants killed (${noticed} of ${counted}${others > 0 ? `, ${others} not counted` : ''})`;
  });
}
