import { spawnSync } from 'node:child_process'
import { ensureConsoleIsBuilt } from './build-console.ts'

/**
 * `npm test`: unit, contract and browser tests. `--long` runs only what takes minutes (`*.long.test.ts`). Anything else
 * is passed on to vitest, as in `npm test -- tracking`.
 */
const args = process.argv.slice(2).filter((arg) => arg !== '--long')
const isLong = process.argv.includes('--long')

await ensureConsoleIsBuilt()
const { status } = spawnSync(
  'vitest',
  ['run', ...(isLong ? ['--project', 'long'] : ['--project', 'unit', '--project', 'e2e']), ...args],
  {
    stdio: 'inherit',
  },
)
process.exit(status ?? 1)
