import { parseArgs } from 'node:util';
import { backUp } from '../infra/local/backup.ts';

/** `npm run backup -- FILE [--data DIR]`: a consistent copy of one machine's database, also while the gateway runs. */
async function main(): Promise<void> {
  const { values, positionals: [file] } = parseArgs({ options: { data: { type: 'string', default: './data' } }, allowPositionals: true });
  if (file === undefined) throw new Error('Name the file to write: npm run backup -- FILE [--data DIR].');
  const { bytes, spooled } = await backUp(values.data, file);
  process.stdout.write(`${file}: ${bytes} bytes. Keep ${values.data}/master.key with it, but in another place: without that key no credential can be opened.\n`);
  if (spooled > 0) process.stdout.write('Some settlements still wait in spool.jsonl, because the store was away; they are not in this copy.\n');
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
