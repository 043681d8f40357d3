import { useState } from 'react';
import { useSignedInAs } from '../../api/me.ts';
import { useAcceptInvitation } from '../../api/settings.ts';
import { chooseTenant } from '../../api/tenant.ts';
import { shell } from '../../i18n/en/shell.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { Page } from '../../ui/page.tsx';

/** `/invite#token=…`: the token stands after the `#`, so it reaches no server by itself. */
export function InvitePage() {
  const t = useT(shell);
  const name = useSignedInAs();
  const errorText = useErrorText();
  const accept = useAcceptInvitation();
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get('token') ?? '');
  const run = (): void => accept.mutate(token, { onSuccess: ({ data }) => chooseTenant(data.tenantId) });
  return (
    <Page title={t('invitationTitle')} description={token === '' ? t('invitationMissing') : t('invitationText', { name })}>
      {accept.error !== null && <Alert kind="error">{errorText(accept.error)}</Alert>}
      {token !== '' && <div><Button kind="primary" busy={accept.isPending} busyText={t('accepting')} onClick={run}>{t('accept')}</Button></div>}
    </Page>
  );
}
