import type { Plugin } from 'vite';

/** Components of Amplify's style sheet that `src/ui` does not use, as their class and variable names call them. */
export const UNUSED: readonly string[] = [
  'accordion', 'ai', 'authenticator', 'autocomplete', 'avatar', 'breadcrumbs', 'card', 'collection', 'countrycodeselect', 'dialcodeselect', 'dropzone', 'fileuploader', 'heading', 'highlightmatch', 'image',
  'inappmessaging', 'link', 'liveness', 'menu', 'message', 'modal', 'pagination', 'phonenumberfield', 'placeholder', 'rating', 'scrollview', 'searchfield', 'sliderfield', 'stepperfield', 'storage', 'storagemanager',
  'table', 'tabs', 'togglebutton', 'togglebuttongroup',
];
const NAMES = `(?:${UNUSED.join('|')})`;
const SELECTOR = new RegExp(`\\.amplify-${NAMES}(?![a-z])|\\.amplify-button--(?:[a-z]+--)?(?:info|success|error|overlay)(?![a-z])`);
/** Colour themes of buttons are not used either: ours are `kind`s with colours of their own. */
const VARIABLE = new RegExp(`^\\s*--amplify-components-(?:${NAMES}(?![a-z])|button-(?:(?:primary|link|menu|outlined)-)?(?:info|warning|success|error|overlay)-)`);

interface Node { readonly head: string; readonly body: readonly Node[] | undefined }

/** A style sheet without what no component of ours can show: a third of its weight goes. Nothing else changes, not even the order. */
export function withoutUnused(css: string): string {
  const [nodes] = parse(css.replaceAll(/\/\*.*?\*\//gs, ''), 0);
  return nodes.map(write).join('');
}

function parse(css: string, from: number): [Node[], number] {
  const nodes: Node[] = [];
  let at = from;
  for (let start = from; at < css.length; at += 1) {
    const char = css[at];
    if (char === ';') {
      nodes.push({ head: css.slice(start, at), body: undefined });
      start = at + 1;
    } else if (char === '{') {
      const head = css.slice(start, at);
      const [body, end] = parse(css, at + 1);
      nodes.push({ head, body });
      at = end;
      start = at + 1;
    } else if (char === '}') {
      if (css.slice(start, at).trim() !== '') nodes.push({ head: css.slice(start, at), body: undefined });
      return [nodes, at];
    }
  }
  return [nodes, at];
}

function write({ head, body }: Node): string {
  if (body === undefined) return VARIABLE.test(head) ? '' : `${head};`;
  if (head.trim().startsWith('@')) {
    const inner = body.map(write).join('');
    return inner.trim() === '' ? '' : `${head}{${inner}}`;
  }
  const kept = head.split(/,(?![^(]*\))/).filter((selector) => !SELECTOR.test(selector)).join(',');
  const inner = kept.trim() === '' ? '' : body.map(write).join('');
  return inner.trim() === '' ? '' : `${kept}{${inner}}`;
}

export const amplifyStyles: Plugin = {
  name: 'amplify-styles',
  enforce: 'pre',
  transform: { filter: { id: /@aws-amplify\/ui-react\/.*\.css$/ }, handler: (css) => ({ code: withoutUnused(css), map: null }) },
};
