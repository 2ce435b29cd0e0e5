import { defineConfig } from 'vitest/config';

/** Files that start browsers, servers or engines as programs of their own. */
const PROGRAMS = ['test/e2e/**/*.test.ts', 'test/faults/**/*.test.ts'];

/**
 * Deadlines are for what hangs, not for what is slow: a machine that is busy with other things is given time.
 * Rooms first, then the programs, so that none of them is measured by a machine that computes something else.
 */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    // Two cores: engines and browsers started side by side would only slow each other down.
    maxWorkers: 2,
    reporters: ['default', './test/summary.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'rooms',
          include: ['test/**/*.test.ts'],
          exclude: PROGRAMS,
          testTimeout: 240_000,
          hookTimeout: 240_000,
          expect: { poll: { timeout: 20_000 } },
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'programs',
          include: PROGRAMS,
          testTimeout: 360_000,
          hookTimeout: 360_000,
          expect: { poll: { timeout: 60_000, interval: 100 } },
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
