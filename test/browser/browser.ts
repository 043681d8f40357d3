import { spawnSync } from 'node:child_process';
import { chromium, type Browser } from 'playwright-core';

/** The same engine without the windows of a desktop around it, which cost two thirds of all that a test's browser does; then the whole browser. */
const SHELL = 'chromium-headless-shell';
const WHOLE = ['chromium', 'chromium-browser', 'google-chrome'];

export interface BrowserOptions {
  /** More of Chromium's arguments. */
  readonly more?: readonly string[];
  /** The whole browser, where both are there: for figures that are those of what people use. */
  readonly isWhole?: boolean;
}

/** A test's tabs live for seconds on two cores: threads of their own for collecting and compiling, and a process for drawing, cost more than they give. */
const SPARING = ['--js-flags=--single-threaded', '--in-process-gpu'];

/** Debian's Chromium, or the one that CHROME_PATH names. */
export async function launchBrowser({ more = [], isWhole = false }: BrowserOptions = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: path(isWhole), headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--no-first-run', '--no-default-browser-check', '--disable-sync', '--disable-domain-reliability', '--disable-breakpad', '--force-prefers-reduced-motion', ...(isWhole ? [] : SPARING), ...more],
  });
}

/** Where that browser is; undefined where there is none. */
export function findBrowser(isWhole = false): string | undefined {
  if (process.env['CHROME_PATH'] !== undefined) return process.env['CHROME_PATH'];
  for (const name of isWhole ? WHOLE : [SHELL, ...WHOLE]) {
    const { status, stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
    if (status === 0) return stdout.trim();
  }
  return undefined;
}

function path(isWhole: boolean): string {
  const found = findBrowser(isWhole);
  if (found === undefined) throw new Error('there is no Chromium here: set CHROME_PATH, or install the package chromium');
  return found;
}
