import { defineConfig, type Plugin } from 'vite';
import { amplifyStyles } from './amplify-styles.ts';

/** One font file is needed for the first paint: the page says so before any style sheet does. */
const preloadFont: Plugin = {
  name: 'preload-font',
  transformIndexHtml: {
    order: 'post',
    handler: (_html, { bundle }) => Object.keys(bundle ?? {}).filter((file) => /geist-latin-wght-normal.*\.woff2$/.test(file)).map((file) => ({
      tag: 'link', attrs: { rel: 'preload', href: `/${file}`, as: 'font', type: 'font/woff2', crossorigin: '' }, injectTo: 'head' as const,
    })),
  },
};

/**
 * What the dashboard and its first page are made of, by name in the page itself: `theme.js` asks for it at once, instead of after
 * the program that would. Whoever only signs in is spared it, and has a smaller one.
 */
const preloadProgram: Plugin = {
  name: 'preload-program',
  transformIndexHtml: {
    order: 'post',
    handler: (_html, { bundle }) => [['bsg-program', 'app/entry.tsx'], ['bsg-overview', 'features/overview/index.tsx'], ['bsg-sign-in', 'auth/entry.tsx']].map(([name = '', entry = '']) => ({
      tag: 'meta', attrs: { name, content: filesOf(bundle ?? {}, entry).join(' ') }, injectTo: 'head-prepend' as const,
    })),
  },
};

type Bundle = NonNullable<Parameters<Extract<Plugin['transformIndexHtml'], { handler: unknown }>['handler']>[1]['bundle']>;

function filesOf(bundle: Bundle, entry: string): string[] {
  const files = new Set<string>();
  const visit = (name: string): void => {
    const chunk = bundle[name];
    if (chunk?.type !== 'chunk' || files.has(`/${name}`)) return;
    files.add(`/${name}`);
    for (const style of chunk.viteMetadata?.importedCss ?? []) files.add(`/${style}`);
    for (const imported of chunk.imports) visit(imported);
  };
  for (const chunk of Object.values(bundle)) if (chunk.type === 'chunk' && chunk.facadeModuleId?.replaceAll('\\', '/').endsWith(`/src/${entry}`) === true) visit(chunk.fileName);
  return [...files];
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [amplifyStyles, preloadFont, preloadProgram],
  build: {
    target: 'es2023',
    manifest: true,
    modulePreload: { polyfill: false },
    // The policy allows fonts and styles from our own origin only, so nothing may become a data: address.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // Directives for server components mean nothing here.
    rolldownOptions: { onLog: (level, log, next) => { if (log.code !== 'MODULE_LEVEL_DIRECTIVE') next(level, log); },
      // What the shell and most pages share is one file: many small ones cost more, each with a dictionary of its own.
      // Fields and what is made of them stay out of it, as no page begins with a form. `ground` is all that signing in and asking early need.
      output: { codeSplitting: { groups: [
        { name: 'ground', test: /frontend[\\/]src[\\/](?:i18n[\\/](?:use-t|locale|message)\.|ui[\\/]logo\.|app[\\/](?:config|theme|range|first-questions)\.|api[\\/](?:address|early|tenant)\.|features[\\/]overview[\\/]asks\.|auth[\\/](?:id-token|last-member|oidc|tokens|return-path|loops)\.)/, minShareCount: 2, priority: 2 },
        // Nothing of the dashboard goes without these: one file instead of thirty, each with a way there and back of its own.
        { name: 'start', test: /node_modules[\\/](?:@tanstack|lucide-react)[\\/]|frontend[\\/]src[\\/](?:api|app|format)[\\/]|frontend[\\/]src[\\/]ui[\\/](?:chart[\\/]|time-range|popover|updated|tabs|code-block|copy-button|use-)/, minShareCount: 2, priority: 0 },
        { name: 'kit', test: /frontend[\\/]src[\\/]ui[\\/](?!(?:fields|alert|limit-field|form|confirm-dialog|custom-range|filter-bar)\.)/, minShareCount: 8, priority: 1 },
      ] } },
    },
  },
  server: {
    port: 5173,
    // `npm start -- --port 8787` beside it answers everything that is not a file of the dashboard.
    proxy: Object.fromEntries(['/admin', '/config.json', '/oidc', '/v1', '/metrics'].map((path) => [path, { target: 'http://127.0.0.1:8787', changeOrigin: false }])),
  },
});
