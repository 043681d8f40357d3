import { openSqliteStore } from '../../../functions/adapters/store/sqlite.ts';

/** A process of its own: `FILE TIMES LIMIT` adds 1 up to TIMES times under a limit and prints how often it won. */
const [file = '', times = '0', limit = '0'] = process.argv.slice(2);
const store = openSqliteStore(file);
let won = 0;
for (let i = 0; i < Number(times); i += 1) {
  const result = await store.write([{ update: { table: 'usage', pk: 'shared', sk: 's' }, add: { n: 1 }, guards: [{ attr: 'n', atMost: Number(limit) - 1 }] }]);
  if (result.ok) won += 1;
}
await store.close();
process.stdout.write(`${won}\n`);
