import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json. BSG_ROOT points the launcher's own tests at a copy. */
export const root = process.env.BSG_ROOT ?? fileURLToPath(new URL('../../', import.meta.url));
export const inRoot = (...parts) => join(root, ...parts);
