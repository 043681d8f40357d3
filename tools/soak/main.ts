import { soakOptions, type SoakOptions } from './options.ts';
import { table } from './report.ts';
import { runSoak } from './soak.ts';

export interface Launcher { readonly nodeFlags: readonly string[]; readonly build: () => Promise<string> }

/** Reads the arguments, runs, prints the table; returns the exit code. The seed comes first, so that a run that hangs can be told again. */
export async function main(args: readonly string[], { nodeFlags, build }: Launcher): Promise<number> {
  let options: SoakOptions;
  try {
    options = soakOptions(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  const { seed, minutes, users, kills, stalls, keep } = options;
  console.log(`seed ${seed}: ${minutes} minutes, ${users} users, ${kills} kills, ${stalls} stalls`);
  await build();
  const { lines, dir } = await runSoak(options, nodeFlags, (line) => console.log(line));
  console.log(`\n${table(lines)}`);
  if (keep) console.log(`\ndata and log: ${dir}`);
  const broken = lines.filter(({ ok }) => !ok).length;
  console.log(`\n${broken === 0 ? 'every limit held' : `${broken} limits broken`} (seed ${seed})`);
  return broken === 0 ? 0 : 1;
}
