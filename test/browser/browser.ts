import { spawnSync } from 'node:child_process';
import { chromium, type Browser } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Debian's Chromium, or the one that CHROME_PATH names; with more arguments where given. */
export async function launchBrowser(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: path(), headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--no-first-run', '--no-default-browser-check', '--disable-sync', '--disable-domain-reliability', '--disable-breakpad', '--force-prefers-reduced-motion', ...more],
  });
}

/** Where that browser is; undefined where there is none. */
export function findBrowser(): string | undefined {
  if (process.env['CHROME_PATH'] !== undefined) return process.env['CHROME_PATH'];
  for (const name of NAMES) {
    const { status, stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
    if (status === 0) return stdout.trim();
  }
  return undefined;
}

function path(): string {
  const found = findBrowser();
  if (found === undefined) throw new Error('there is no Chromium here: set CHROME_PATH, or install the package chromium');
  return found;
}
