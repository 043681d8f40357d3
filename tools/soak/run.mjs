// `npm run soak -- [--minutes N] [--seed S] [--users N] [--think SECONDS] [--kills N] [--stalls N] [--keep]`: the gateway of one machine under traffic, SIGKILLs
// and a store that stalls, and after that a comparison of what clients, upstream and ledger have written down. Exits 1 when a limit is broken.
import path from 'node:path';
import { ensureBuilt } from '../build.mjs';
import { NODE_FLAGS } from '../launcher/node-flags.mjs';
import { main } from './main.ts';

process.exitCode = await main(process.argv.slice(2), { nodeFlags: NODE_FLAGS, build: () => ensureBuilt(path.resolve(import.meta.dirname, '../..'), 'server') });
