import { searchOf, usageAddress } from '../api/address.ts';
import { askEarly, BEGAN_MS } from '../api/early.ts';
import { currentTenant } from '../api/tenant.ts';
import type { Me } from '../api/types.ts';
import { wasMember } from '../auth/last-member.ts';
import { FIGURES, RECENT } from '../features/overview/asks.ts';
import { DEFAULT_RANGE, PRESETS } from './range.ts';

const ME = '/admin/me';

/**
 * Asks what the page at this address will ask first: who asks, and what the overview shows; that at once where they were a
 * member the last time, and else as soon as they are known to be one. Nobody is refused what they never asked for.
 */
export function askFirstQuestions(apiBaseUrl: string, { pathname, search }: { readonly pathname: string; readonly search: string }): void {
  const rest = pathname === '/' ? overview(new URLSearchParams(search)) : [];
  if (wasMember(currentTenant())) return askEarly(apiBaseUrl, [ME, ...rest]);
  askEarly(apiBaseUrl, [ME], async (answer) => {
    const { tenantId } = (await answer.json()) as Me;
    return tenantId === null ? [] : rest;
  });
}

/** Figures of a range of the reader's own making are left to the page. */
function overview(search: URLSearchParams): string[] {
  const preset = PRESETS.find((one) => one === (search.get('range') ?? DEFAULT_RANGE));
  const isOwn = preset === undefined || ['from', 'to', 'tz'].some((name) => search.has(name));
  return ['/admin/setup', ...(isOwn ? [] : [usageAddress({ range: preset }, FIGURES, BEGAN_MS)]), `/admin/requests${searchOf(RECENT)}`];
}
