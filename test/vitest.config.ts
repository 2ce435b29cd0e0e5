import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    // Two cores: engines and browsers started side by side would only slow each other down.
    maxWorkers: 2,
    reporters: ['default', './test/summary.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
