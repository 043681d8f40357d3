import { transformSync } from 'esbuild';

/** Jest transformer: TypeScript to ESM with inline source maps; types are `tsc`'s business. */
export default {
  process(source, filename) {
    const { code, map } = transformSync(source, { loader: filename.endsWith('x') ? 'tsx' : 'ts', format: 'esm', target: 'node24', sourcemap: 'external', sourcefile: filename });
    return { code, map };
  },
};
