import { file } from './answer.ts';
import type { BridgePorts, GatewayResponse } from './ports.ts';

const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/** What the browser runs; of what BSVibe put into the address it sends on the access token and the state, and nothing else. */
const SCRIPT = `'use strict';
(async () => {
  const say = (text) => { document.getElementById('status').textContent = text; };
  const given = new URLSearchParams(location.hash.slice(1));
  const state = given.get('state') ?? new URLSearchParams(location.search).get('state') ?? '';
  const token = given.get('access_token');
  // Tokens leave the address bar and the history before anything else happens.
  history.replaceState(null, '', location.pathname);
  if (token === null) {
    document.getElementById('help').hidden = false;
    say('BSVibe has not signed you in here.');
    return;
  }
  const answer = await fetch('callback', {
    method: 'POST', credentials: 'same-origin', redirect: 'error',
    headers: { 'content-type': 'application/json' }, body: JSON.stringify({ access_token: token, state }),
  }).catch(() => undefined);
  const body = await answer?.json().catch(() => undefined);
  if (answer?.status === 200 && typeof body?.continue === 'string') location.replace(body.continue);
  else say(body?.error_description ?? 'The sign-in could not be completed. Go back to the dashboard and try again.');
})();
`;

export const callbackScript = (): GatewayResponse => file('text/javascript', SCRIPT, POLICY);

/** The page at which BSVibe's sign-in ends. The same for everybody: what BSVibe puts into the fragment is not sent to us. */
export function callbackPage({ issuer, loginUrl }: BridgePorts): GatewayResponse {
  return file('text/html', `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Signing in</title></head>
<body>
<main>
<p id="status" role="status">Signing in…</p>
<p id="help" hidden>If this happens every time: the operator must have BSVibe (${escaped(new URL(loginUrl).origin)}) allow <code>${escaped(issuer)}/callback</code> as a redirect address.</p>
<noscript><p>Signing in needs JavaScript, which hands over what BSVibe has put into this address.</p></noscript>
</main>
<script src="callback.js"></script>
</body>
</html>
`, POLICY);
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
