import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Tab } from './world.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult { readonly violations: readonly { readonly id: string; readonly help: string; readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[] }[] }

/** Every violation of WCAG 2.0 to 2.2 A and AA and of axe's best practices on the page as it is, one line each. */
export async function axe(page: Page): Promise<string[]> {
  // Evaluated by the debugger, which the page's own policy does not concern.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: { run(root: Document, options: object): Promise<AxeResult> } }).axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'], preload: false }));
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${help} at ${target.join(' ')} (${failureSummary?.replaceAll(/\s+/g, ' ') ?? ''})`));
}

export const WIDTHS = [320, 390, 768, 1024, 1440] as const;

/** At each width: a page that scrolls sideways, and controls that stick out of the window or are smaller than 24 px (WCAG 2.5.8; links in a text and what only screen readers see may be). */
export async function layoutFaults(page: Page, widths: readonly number[] = WIDTHS): Promise<string[]> {
  const before = page.viewportSize();
  const faults: string[] = [];
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    await page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); }));
    faults.push(...(await page.evaluate(scan)).map((fault) => `${width} px: ${fault}`));
  }
  if (before !== null) await page.setViewportSize(before);
  return faults;
}

function scan(): string[] {
  const found: string[] = [];
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth} px wide`);
  const scrolls = (element: Element): boolean => {
    for (let at: Element | null = element; at !== null; at = at.parentElement) if (/auto|scroll/.test(getComputedStyle(at).overflowX)) return true;
    return false;
  };
  for (const control of document.querySelectorAll('a, button, input, select, textarea, [role=tab], [role=option]')) {
    const { left, right, width, height } = control.getBoundingClientRect();
    const style = getComputedStyle(control);
    if (width <= 1 || height <= 1 || style.visibility === 'hidden' || control.closest('[aria-hidden=true], .off-screen, .amplify-visually-hidden, .skip') !== null) continue;
    const name = `${control.tagName.toLowerCase()} "${(control.getAttribute('aria-label') ?? control.textContent ?? '').trim().slice(0, 40)}"`;
    if ((left < -0.5 || right > clientWidth + 0.5) && !scrolls(control)) found.push(`${name} sticks out (${Math.round(left)}…${Math.round(right)})`);
    const isInText = control.tagName === 'A' || control.classList.contains('link-button') || control.classList.contains('table__open') || control.classList.contains('cards__open') || control.closest('label') !== null;
    if (!isInText && (width < 23.5 || height < 23.5)) found.push(`${name} is ${Math.round(width)} × ${Math.round(height)} px`);
  }
  return found;
}

/** What must hold on every page in every state: nothing broken, everything readable, one heading, a language and a title. */
export async function pageFaults(tab: Tab, widths?: readonly number[]): Promise<string[]> {
  const { page } = tab;
  const { headings, lang, title } = await page.evaluate(() => ({ headings: document.querySelectorAll('h1').length, lang: document.documentElement.lang, title: document.title }));
  return [
    ...await axe(page), ...await layoutFaults(page, widths), ...tab.faults,
    ...(headings === 1 ? [] : [`${headings} h1`]), ...(lang === '' ? ['no lang'] : []), ...(title.endsWith(' · BSGateway') ? [] : [`title "${title}"`]),
  ];
}

/** Theme, language and width of what is looked at: each of them twice, and never the same two together again. */
export const LOOKS = [['light', 'en', 1440], ['dark', 'en', 390], ['light', 'ko', 390], ['dark', 'ko', 1440]] as const;

/** The page at its address, opened anew in each look: what axe and the layout find, one line each. Leaves it light, English and wide. */
export async function lookFaults(page: Page, name: string): Promise<string[]> {
  const faults: string[] = [];
  for (const [theme, locale, width] of [...LOOKS.slice(1), LOOKS[0]]) {
    await page.evaluate(([chosenTheme, chosenLocale]) => {
      localStorage.setItem('bsg.theme', chosenTheme);
      localStorage.setItem('bsg.locale', chosenLocale);
    }, [theme, locale] as const);
    await page.setViewportSize({ width, height: width < 500 ? 844 : 900 });
    await page.reload();
    await page.locator('h1').first().waitFor();
    await page.waitForLoadState('networkidle');
    await shoot(page, `${name}-${theme}-${locale}-${width}`);
    faults.push(...[...await axe(page), ...await layoutFaults(page)].map((fault) => `${theme} ${locale} ${width}: ${fault}`));
  }
  return faults;
}

/** For looking at: BSG_SHOTS=FOLDER keeps a picture of the page under that name. */
export async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env['BSG_SHOTS'];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: false });
}
