/**
 * How tests run. Two projects: `quick`; then `e2e`, whole systems of processes, which mostly wait.
 * What lies in test/bench and test/lab is run by hand.
 */
import { defineConfig } from 'vitest/config'

const BY_HAND = ['test/bench/**', 'test/lab/**']
const E2E = 'test/e2e/**/*.test.ts'

export default defineConfig({
  test: {
    environment: 'node',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    slowTestThreshold: 5_000,
    passWithNoTests: false,
    projects: [
      // one process runs many files: what they import is read once, not two hundred times, which was half of the time
      { extends: true, test: { name: 'quick', include: ['test/**/*.test.ts'], exclude: [E2E, ...BY_HAND], isolate: false, sequence: { groupOrder: 0 } } },
      { extends: true, test: { name: 'e2e', include: [E2E], testTimeout: 120_000, hookTimeout: 120_000, sequence: { groupOrder: 1 } } },
    ],
  },
})
