import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ANOTHER_REGION = 'This account and region are not prepared for CDK: run `npx cdk bootstrap` once with the same profile and region, then deploy again.';
const NO_CREDENTIALS = 'There are no AWS credentials: set AWS_PROFILE, or sign in with `aws sso login` or `aws login`, then deploy again.';

/** What the CDK says, and what the operator does about it. */
const HINTS = [
  [/bootstrap/i, ANOTHER_REGION],
  [/Unable to resolve AWS account|no credentials|could not be used to assume|ExpiredToken|InvalidClientTokenId/i, NO_CREDENTIALS],
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
  const synth = await run(join(ROOT, 'infra/app.ts'), options);
  if (synth.code !== 0) return synth.code;
  const { code, errors } = await run(join(ROOT, 'node_modules/aws-cdk/bin/cdk'), ['deploy', '--app', 'cdk.out', '--all', ...others]);
  const [, hint] = code === 0 ? [] : HINTS.find(([pattern]) => pattern.test(errors)) ?? [];
  if (hint !== undefined) say(hint);
  return code;
}

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
