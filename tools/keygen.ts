import { randomBytes } from 'node:crypto';
import { newKey } from '../functions/core/keys/virtual-key.ts';

/** `npm run -s keygen [live|test]`: prints one new virtual key, for a config file's `keyEnv`. Nothing is stored. */
const [env = 'live', ...rest] = process.argv.slice(2);
if ((env === 'live' || env === 'test') && rest.length === 0) {
  process.stdout.write(`${newKey(env, randomBytes).key}\n`);
} else {
  process.stderr.write('Usage: npm run -s keygen [live|test].\n');
  process.exitCode = 1;
}
