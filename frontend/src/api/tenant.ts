/** Which gateway of several is looked at: `?tenant=` of the address, kept for the tab. */
const STORED = 'bsg.tenant';

export function currentTenant(): string | null {
  const asked = new URLSearchParams(location.search).get('tenant');
  if (asked !== null && /^[A-Za-z0-9_-]{1,64}$/.test(asked)) sessionStorage.setItem(STORED, asked);
  return sessionStorage.getItem(STORED);
}

export function chooseTenant(id: string): void {
  sessionStorage.setItem(STORED, id);
  location.assign('/');
}
