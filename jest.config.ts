import type { Config } from 'jest';

// A module without types.
const { guaranteeTests } = (await import(new URL('tools/run-tests.mjs', import.meta.url).href)) as { guaranteeTests(root: string): string[] };

/** For whoever runs those of the guarantees in full besides: no test runs twice then. */
const apart = process.env['BSG_GUARANTEES'] === 'apart' ? guaranteeTests(import.meta.dirname) : [];

const config: Config = {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // The suites of real clients and browsers are run by their own commands.
  testPathIgnorePatterns: ['/node_modules/', ...(process.env['BSG_BROWSER'] === '1' ? [] : ['/test/browser/']), ...(process.env['BSG_CLIENTS'] === '1' ? [] : ['/test/clients/']), ...apart],
  // The copies that a mutation run makes.
  modulePathIgnorePatterns: ['<rootDir>/.cache/'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: { '\\.tsx?$': '<rootDir>/test/support/esbuild-transformer.mjs' },
  testEnvironment: 'node',
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  testTimeout: process.env['BSG_FULL'] === '1' ? 300_000 : 60_000,
  workerIdleMemoryLimit: '1GB',
};
export default config;
