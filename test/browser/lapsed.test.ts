import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { digestOf, putMachineTokenOp } from '../../functions/adapters/store/machine-tokens.ts';
import { addMemberOps, invitationDigest, putInvitationOp, type MemberRole } from '../../functions/adapters/store/people.ts';
import { OPERATOR } from '../../infra/local/default-tenant.ts';
import { needs } from '../support/optional.ts';
import { LOOKS, pageFaults, shoot } from './checks.ts';
import { openWorld, TENANT, type World } from './world.ts';

const DAY_MS = 86_400_000;
const before = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();

/** What people hand on is worth at most what they may themselves: some left, some have another role now. */
needs('chromium')('what is worth less than it says', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    for (const [userId, name, role] of [['peter', 'Peter Park', 'member'], ['ann', 'Ann Lee', 'owner']] as const) await world.store.write(addMemberOps({ tenantId: TENANT, userId, name, email: null, role, addedAt: before(30), version: 1 }));
    await invite({ id: 'in_late', name: 'Late Lim', by: OPERATOR.sub, byName: 'Operator of this machine', days: 9 });
    await invite({ id: 'in_left', name: 'Jane Kim', by: 'mallory', byName: 'Mallory Moon' });
    await invite({ id: 'in_lowered', name: 'John Choi', by: 'peter', byName: 'Peter Park' });
    await invite({ id: 'in_token', name: 'Min Moon', by: 'mt_gone', byName: 'ci' });
    await invite({ id: 'in_open', name: 'Olive Oh', by: 'ann', byName: 'Ann Lee' });
    for (const [name, by, byName] of [['pipeline', 'peter', 'Peter Park'], ['old-script', 'mallory', 'Mallory Moon'], ['child', 'mt_gone', 'ci'], ['nightly', 'ann', 'Ann Lee']] as const) {
      await world.store.write([putMachineTokenOp({ tokenId: `mt_${name}`, tenantId: TENANT, name, role: 'admin', createdAt: before(3), createdBy: byName, createdById: by, digest: digestOf(name) })]);
    }
  }, 60_000);
  afterAll(async () => { await world?.close(); });

  async function invite({ id, name, by, byName, days = 2, role = 'viewer' }: { readonly id: string; readonly name: string; readonly by: string; readonly byName: string; readonly days?: number; readonly role?: MemberRole }): Promise<void> {
    await world.store.write([putInvitationOp({ invitationId: id, tenantId: TENANT, role, name, email: null, invitedBy: byName, invitedById: by, createdAt: before(days), validUntil: before(days - 7), digest: invitationDigest(id) })]);
  }

  test.each(LOOKS)('invitations that open nothing are not said to be open, and tokens that may less than is written say so, each with the reason (%s, %s, %d px)', async (theme, locale, width) => {
    const tab = await world.open({ theme, locale, width });
    const { page } = tab;
    /** A row of the table, or a card on a narrow screen. */
    const of = (name: string) => page.locator('.table tbody tr, .cards > *').filter({ hasText: name });
    const says = async (name: string, ...texts: readonly string[]): Promise<void> => {
      await of(name).first().waitFor();
      const shown = (await of(name).first().textContent()) ?? '';
      for (const text of texts) expect(shown).toContain(text);
    };
    const t = locale === 'en';
    await tab.go('/settings?tab=people');
    await says('Late Lim', t ? 'No longer valid' : '사용할 수 없음', t ? 'Nobody accepted it within its seven days, which ended 2 days ago.' : '7일 동안 아무도 수락하지 않아 그저께 만료되었습니다.');
    await says('Jane Kim', t ? 'No longer valid' : '사용할 수 없음', t ? 'Invited by Mallory Moon, who no longer belongs here.' : '초대한 사람(Mallory Moon)이 이제 구성원이 아닙니다.');
    await says('John Choi', t ? 'No longer valid' : '사용할 수 없음', t ? 'Invited by Peter Park, whose own role no longer allows it.' : '초대한 쪽(Peter Park)에는 이제 이 역할을 줄 권한이 없습니다.');
    await says('Min Moon', t ? 'Invited by the machine token ci, which opens nothing any more.' : '초대에 사용한 기계 토큰(ci)을 더 이상 사용할 수 없습니다.');
    await says('Olive Oh', t ? 'Invited' : '초대함');
    expect(await of('Olive Oh').first().textContent()).not.toMatch(/No longer valid|사용할 수 없음/);
    await shoot(page, `settings-people-lapsed-${theme}-${locale}-${width}`);
    expect(await pageFaults(tab)).toEqual([]);
    await tab.go('/settings?tab=tokens');
    await says('pipeline', t ? 'works as Member' : '실제 권한: 구성원', t ? 'Peter Park made it and has no more than that role now.' : '만든 쪽(Peter Park)의 권한이 지금은 여기까지입니다.');
    await says('old-script', t ? 'opens nothing' : '권한 없음', t ? 'Mallory Moon made it and no longer belongs here.' : '만든 사람(Mallory Moon)이 이제 구성원이 아닙니다.');
    await says('child', t ? 'The machine token ci made it and opens nothing any more.' : '이 토큰을 만든 기계 토큰(ci)을 더 이상 사용할 수 없습니다.');
    expect(await of('nightly').first().textContent()).not.toMatch(/works as|opens nothing|실제 권한|권한 없음/);
    await shoot(page, `settings-tokens-less-${theme}-${locale}-${width}`);
    expect(await pageFaults(tab)).toEqual([]);
    await tab.close();
  });

  test('one that opens nothing is made anew in one press, with a link that works, or taken off the list', async () => {
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/settings?tab=people');
    await page.getByRole('button', { name: 'Invite again: Jane Kim' }).click();
    await page.getByText('The invitation is ready').waitFor();
    const link = (await page.locator('.settings__secret-text').textContent()) ?? '';
    await page.getByRole('button', { name: 'Copy link' }).waitFor();
    await tab.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByRole('button', { name: 'Done' }).click();
    const row = page.getByRole('row').filter({ hasText: 'Jane Kim' });
    await row.getByText('Invited', { exact: true }).waitFor();
    await page.waitForFunction(() => [...document.querySelectorAll('tbody tr')].filter((one) => one.textContent?.includes('Jane Kim')).length === 1);
    // Good enough to be told that the operator is a member already: a dead one is not even that.
    const accepted = await fetch(`${world.origin}/admin/invitations/accept`, { method: 'POST', headers: { 'authorization': `Bearer ${await page.evaluate(() => (JSON.parse(sessionStorage.getItem('bsg.tokens') ?? '{}') as { access: string }).access)}`, 'content-type': 'application/json' }, body: JSON.stringify({ token: link.split('#token=')[1] }) });
    expect(accepted.status).toBe(409);
    await page.getByRole('button', { name: 'Remove: John Choi' }).click();
    await page.getByText('Its link has stopped working already.').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('John Choi is removed').waitFor();
    await page.getByRole('row').filter({ hasText: 'John Choi' }).waitFor({ state: 'detached' });
    expect(tab.faults).toEqual([]);
    await tab.close();
  });
});
