import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ANOTHER_REGION = 'This account and region are not prepared for CDK: run `npx cdk bootstrap` once with the same profile and region, then deploy again.';
const STACK_IS_THERE = 'A stack of that name exists already and has its own parts: leave out the option adopt, or name another stack with -c stackName=….';
const NO_CREDENTIALS = 'There are no AWS credentials: set AWS_PROFILE, or sign in with `aws sso login` or `aws login`, then deploy again.';

/** What the CDK says, and what the operator does about it. */
const HINTS = [
  // An import into a stack that has more: the CDK shows what would be missing and asks.
  [/pending updates that will be reconciled/i, STACK_IS_THERE],
  [/bootstrap/i, ANOTHER_REGION],
  [/Unable to resolve AWS account|no credentials|could not be used to assume(?![^\n]*proceeding anyway)|ExpiredToken|InvalidClientTokenId/i, NO_CREDENTIALS],
];

/** `-c name=value` pairs are the stack's options; everything else is for `cdk deploy` (`--profile`, `--require-approval`). */
export function splitArguments(args) {
  const [options, others] = [[], []];
  for (let at = 0; at < args.length; at += 1) {
    const isOption = args[at] === '-c' || args[at] === '--context';
    (isOption ? options : others).push(...args.slice(at, isOption ? at + 2 : at + 1));
    if (isOption) at += 1;
  }
  return { options, others };
}

/**
 * Synthesises the stack, which checks every option, and hands what was written to `cdk deploy`. Returns the exit code;
 * where the CDK fails for want of preparation one sentence says what to do.
 * @param {string[]} args
 * @param {(file: string, args: string[]) => Promise<{ code: number, errors: string }>} run
 * @param {(sentence: string) => void} say
 */
export async function deploy(args, run, say) {
  const { options, others } = splitArguments(args);
  const cdk = async (...words) => {
    const { code, errors } = await run(join(ROOT, 'node_modules/aws-cdk/bin/cdk'), words);
    // To the CDK it is no failure that there was nothing to import.
    if (words[0] === 'import' && code === 0 && NOTHING_IMPORTED.test(errors)) {
      say(STACK_IS_THERE);
      return 1;
    }
    const [, hint] = code === 0 ? [] : HINTS.find(([pattern]) => pattern.test(errors)) ?? [];
    if (hint !== undefined) say(hint);
    return code;
  };
  const synth = await run(join(ROOT, 'infra/app.ts'), options);
  if (synth.code !== 0) return synth.code;
  const rest = withoutAdopt(options);
  if (rest.length === options.length) return cdk('deploy', '--app', 'cdk.out', '--all', ...others);
  // First the parts that a removed stack has left become this stack's, as they are; then everything else is made around them.
  const adopted = await cdk('import', '--app', 'cdk.out', '--resource-mapping', 'cdk.out/adoption.json', ...forImport(others));
  if (adopted !== 0) return adopted;
  const whole = await run(join(ROOT, 'infra/app.ts'), rest);
  const code = whole.code === 0 ? await cdk('deploy', '--app', 'cdk.out', '--all', '--parameters', OWNER_IS_THERE, ...others) : whole.code;
  if (code !== 0) say(`The kept parts are in the stack now. When the reason above is gone, go on with the same command, but \`--parameters ${OWNER_IS_THERE}\` in place of the option adopt.`);
  return code;
}

const NOTHING_IMPORTED = /no new resources compared|no resources selected for import/i;
/** The owner is in the pool that was adopted; the stack remembers this. */
const OWNER_IS_THERE = 'OwnerInvitation=no';

const withoutAdopt = (options) => options.filter((word, at) => {
  const pair = /^--?c/.test(word) ? options[at + 1] : word;
  return !pair?.startsWith('adopt=');
});

/** Of the words for `cdk deploy`, those that `cdk import` knows too. */
const forImport = (others) => others.filter((word, at) => !DEPLOY_ONLY.includes(word) && !DEPLOY_ONLY.includes(others[at - 1]));
const DEPLOY_ONLY = ['--require-approval', '--parameters', '--outputs-file', '--tags'];

function runHere(file, args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [file, ...args], { cwd: ROOT, stdio: ['inherit', 'inherit', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      process.stderr.write(chunk);
      errors = `${errors}${chunk}`.slice(-20_000);
    });
    child.on('close', (code) => resolve({ code: code ?? 1, errors }));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await deploy(process.argv.slice(2), runHere, (sentence) => process.stderr.write(`\n${sentence}\n`));
}
