import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { AdoptionStack } from './adoption.ts';
import { contextOf } from './command-line.ts';
import { createAppOrAdoption } from './gateway-app.ts';
import { OptionError } from './options.ts';

// CDK's template rules are WebAssembly that runs once: compiling it a second time, better, costs more than it gains.
setFlagsFromString('--liftoff-only');

// The CDK CLI names a folder; run directly, this is what `cdk synth` does, without the CLI's own start.
const byCli = process.env['CDK_OUTDIR'] !== undefined;
const OUTPUT = 'cdk.out';

try {
  const context = contextOf(process.argv.slice(2));
  const { app, stack } = createAppOrAdoption(context, byCli ? undefined : OUTPUT);
  app.synth();
  // For `cdk import`.
  if (stack instanceof AdoptionStack) writeFileSync(join(app.outdir, 'adoption.json'), JSON.stringify(stack.mapping));
  if (!byCli) process.stdout.write(`Synthesised ${stack.stackName} to ${OUTPUT}/${stack.templateFile}.\n`);
} catch (error) {
  if (!(error instanceof OptionError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
