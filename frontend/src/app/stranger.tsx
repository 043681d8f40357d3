import { useSignedInAs } from '../api/me.ts';
import { chooseTenant } from '../api/tenant.ts';
import type { Me } from '../api/types.ts';
import { dropTokens } from '../auth/tokens.ts';
import { shell } from '../i18n/en/shell.ts';
import { useT } from '../i18n/use-t.tsx';
import { Button } from '../ui/button.tsx';
import { Page } from '../ui/page.tsx';

/** Signed in, but at no gateway: not a member of any, or of several and none chosen. */
export function Stranger({ me: { tenants } }: { readonly me: Me }) {
  const t = useT(shell);
  const signedInAs = useSignedInAs();
  const asSomebodyElse = (): void => {
    dropTokens();
    location.assign('/login?start=1&switch=1');
  };
  return (
    <Page title={tenants.length === 0 ? t('notMemberTitle') : t('chooseGateway')} description={tenants.length === 0 ? t('notMemberText', { name: signedInAs }) : undefined}>
      {tenants.length === 0 ? <div><Button kind="primary" onClick={asSomebodyElse}>{t('otherAccount')}</Button></div> : <ul className="stack">{tenants.map(({ id, name }) => <li key={id}><Button onClick={() => chooseTenant(id)}>{name}</Button></li>)}</ul>}
    </Page>
  );
}
