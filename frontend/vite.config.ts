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

export default defineConfig({
  root: import.meta.dirname,
  plugins: [amplifyStyles, preloadFont],
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
      // Fields and what is made of them stay out of it, as no page begins with a form; and so does what signing in needs.
      output: { codeSplitting: { groups: [
        { name: 'words', test: /frontend[\\/]src[\\/](?:i18n[\\/](?:use-t|locale|message)|ui[\\/]logo)\./, priority: 2 },
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
