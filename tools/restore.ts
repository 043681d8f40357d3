import { parseArgs } from 'node:util';
import { restore } from '../infra/local/backup.ts';

/** `npm run restore -- FILE [--data DIR]`: puts a backup into a data folder that holds its master.key and no database. */
async function main(): Promise<void> {
  const { values, positionals: [file] } = parseArgs({ options: { data: { type: 'string', default: './data' } }, allowPositionals: true });
  if (file === undefined) throw new Error('Name the backup: npm run restore -- FILE [--data DIR].');
  await restore(values.data, file);
  process.stdout.write(`${values.data} holds what ${file} holds; start the gateway with --data ${values.data}.\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
