import { defineConfig } from 'vitest/config'

const includes = (...patterns: string[]) => patterns

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: includes('packages/**/*.test.ts', 'scripts/**/*.test.ts'),
          exclude: includes('**/node_modules/**', '**/dist/**', '**/*.long.test.ts'),
          globalSetup: ['packages/server/test/template.setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          pool: 'forks',
        },
      },
      {
        // What takes minutes: `npm run test:long`.
        test: {
          name: 'long',
          include: includes('packages/**/*.long.test.ts'),
          globalSetup: ['packages/server/test/template.setup.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 120_000,
          pool: 'forks',
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'browser',
          include: includes('e2e/**/*.e2e.ts'),
          testTimeout: 120_000,
          hookTimeout: 180_000,
          pool: 'forks',
          fileParallelism: false,
        },
      },
    ],
  },
})
