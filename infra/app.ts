import { setFlagsFromString } from 'node:v8';
import { contextOf } from './command-line.ts';
import { createApp } from './gateway-app.ts';
import { OptionError } from './options.ts';

// CDK's template rules are WebAssembly that runs once: compiling it a second time, better, costs more than it gains.
setFlagsFromString('--liftoff-only');

// The CDK CLI names a folder; run directly, this is what `cdk synth` does, without the CLI's own start.
const byCli = process.env['CDK_OUTDIR'] !== undefined;
const OUTPUT = 'cdk.out';

try {
  const { app, stack } = createApp(contextOf(process.argv.slice(2)), byCli ? undefined : OUTPUT);
  app.synth();
  if (!byCli) process.stdout.write(`Synthesised ${stack.stackName} to ${OUTPUT}/${stack.templateFile}.\n`);
} catch (error) {
  if (!(error instanceof OptionError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
