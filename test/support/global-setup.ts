import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** Tests that start the server as a process run the bundle that users run; it is built once if a source is newer. */
export default async function setup(): Promise<void> {
  const { ensureBuilt } = (await import(join(ROOT, 'tools', 'build.mjs'))) as { ensureBuilt(root: string, name: string): Promise<string> };
  await ensureBuilt(ROOT, 'server');
}
