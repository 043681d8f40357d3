import { existsSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Loaded before the real runtime client (`aws-lambda-ric`), which carries its long-poll and its buffered answers in a
 * native addon that `npm ci --ignore-scripts` does not compile. Where the addon is missing, the same four calls are made
 * with node:http; everything else (globals, streaming, trailers, context, errors) is the real client's own code.
 */
if (!existsSync(join(dirname(process.argv[1] ?? ''), 'rapid-client.node'))) {
  const stand = new URL('./runtime-native.cjs', import.meta.url).href;
  module.registerHooks({
    resolve: (specifier, context, next) => (specifier === './rapid-client.node' ? { url: stand, format: 'commonjs', shortCircuit: true } : next(specifier, context)),
  });
}
