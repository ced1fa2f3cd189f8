const { availableParallelism } = require('node:os');

/** One runner for every workspace: CommonJS-transformed TypeScript that imports ESM-only packages as they are. */
const shared = {
  rootDir: __dirname,
  // Tests start the runtimes and the command as they are shipped.
  globalSetup: '<rootDir>/test/e2e/build-bundles.mjs',
  testEnvironment: 'node',
  extensionsToTreatAsEsm: [],
  transform: {
    '\\.[cm]?tsx?$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript', decorators: true } }, module: { type: 'commonjs' } },
    ],
  },
  moduleNameMapper: {
    '^agentyard$': '<rootDir>/constructs/index.ts',
    '^agentyard/authorization$': '<rootDir>/lib/authorization/index.ts',
    '^agentyard/contract$': '<rootDir>/lib/contract/index.ts',
    '^agentyard/reachability$': '<rootDir>/lib/reachability/index.ts',
    '^agentyard/testing$': '<rootDir>/testing/index.ts',
    '^agentyard/testing/jest$': '<rootDir>/testing/jest.ts',
    '^@agentyard/([a-z-]+)$': '<rootDir>/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/build', '<rootDir>/dist', '<rootDir>/dist-jsii'],
};

module.exports = {
  testTimeout: 30_000,
  // Tests that start programs mostly wait: one more than there are cores keeps all of them busy.
  maxWorkers: availableParallelism() + 1,
  // A worker that has run a hundred suites takes a second to give its memory back.
  workerGracefulExitTimeout: 10_000,
  projects: [
    {
      ...shared,
      displayName: 'npm-test',
      testMatch: ['<rootDir>/**/test/**/*.test.ts'],
      testPathIgnorePatterns: [
        '/node_modules/',
        '<rootDir>/test/real/',
        '<rootDir>/test/conformance/',
        '/test/fuzz/',
        '\\.random\\.test\\.ts$',
      ],
    },
    { ...shared, displayName: 'test-real', testMatch: ['<rootDir>/test/real/**/*.test.ts'] },
    {
      ...shared,
      displayName: 'fuzz',
      testMatch: ['<rootDir>/*/test/fuzz/**/*.test.ts', '<rootDir>/**/test/**/*.random.test.ts'],
    },
    { ...shared, displayName: 'conformance', testMatch: ['<rootDir>/test/conformance/**/*.test.ts'] },
  ],
};
