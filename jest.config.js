// Jest runs native ES modules (Nest 12 ships nothing else), so every jest call needs
// NODE_OPTIONS=--experimental-vm-modules; the npm scripts set it.
/** @type {import('jest').Config} */
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest'] },
  moduleNameMapper: {
    '^fast-check$': '<rootDir>/test/support/fast-check.js',
    // Sources import './x.js' as NodeNext asks; the file on disk is './x.ts'.
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
};

/** @type {import('jest').Config} */
export default {
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/{src,tools,clients}/**/*.spec.ts'] },
    // Long, and needs nothing but a processor: neither PostgreSQL nor the compiled service.
    { ...shared, displayName: 'model', testMatch: ['<rootDir>/test/model/**/*.spec.ts'] },
    {
      ...shared,
      displayName: 'system',
      testMatch: ['<rootDir>/test/**/*.spec.ts'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/model/'],
      globalSetup: '<rootDir>/test/support/global-setup.js',
      globalTeardown: '<rootDir>/test/support/global-teardown.js',
    },
  ],
  // Most of them wait for PostgreSQL.
  maxWorkers: '100%',
  // Every file's modules are loaded anew and not all are let go of. A worker that grew to a gigabyte takes longer to end
  // than Jest waits for it; one that is this large makes room for a new one before its next file.
  workerIdleMemoryLimit: '512MB',
  // Against a test that hangs, not a measure of speed: what takes a second here may take a minute on a busy machine.
  testTimeout: 600_000,
};
