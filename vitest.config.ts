import { defineConfig } from 'vitest/config';

// Unit and contract tests run the sources; integration and fault tests run dist/ in processes of
// their own. One file at a time there: they measure nothing, but they do wait for real disks.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './test/support/count-reporter.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 2,
  },
});
