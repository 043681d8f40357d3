/** Sent with every page of the issuer: nothing is loaded from anywhere, and nobody may frame it. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
} as const;

/** The issuer's only page: plain, without script, readable in light and dark. */
export function signInPage({ title, lines, form }: { readonly title: string; readonly lines: readonly string[]; readonly form?: string }): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><title>${escaped(title)}</title>
<style>
body{font:16px/1.6 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1.5rem;color:light-dark(#1c1f26,#e8eaee);background:light-dark(#fafafa,#14161b)}
h1{font-size:1.35rem;margin:0 0 1rem}code{font:.95em ui-monospace,monospace;padding:.15em .4em;border-radius:.3em;background:light-dark(#e9ebef,#262a32)}
input,button{font:inherit;padding:.55em .8em;border-radius:.4em;border:1px solid light-dark(#8a8f99,#6b7280);background:light-dark(#fff,#1c1f26);color:inherit}
button{margin-left:.5em;cursor:pointer}label{display:block;margin-bottom:.4em}
</style></head><body><main><h1>${escaped(title)}</h1>${lines.map((line) => `<p>${line}</p>`).join('')}${form ?? ''}</main></body></html>
`;
}

export const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
