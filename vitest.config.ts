import { defineConfig } from 'vitest/config'

const NOT_OURS = ['**/node_modules/**', '**/dist/**']
const LONG = '**/*.long.test.ts'

/**
 * unit: beside the code, with stores of their own where they need them · e2e: the whole program and real browsers ·
 * long: what takes minutes, by `npm run test:long`.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: [...NOT_OURS, LONG],
          globalSetup: ['packages/server/test/template.setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.e2e.ts'],
          exclude: NOT_OURS,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'long',
          include: [LONG],
          exclude: NOT_OURS,
          globalSetup: ['packages/server/test/template.setup.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
