import { spawn, type ChildProcess } from 'node:child_process'
import { ensureConsoleIsBuilt } from './build-console.ts'
import { runOnPostgres } from './postgres.ts'

/**
 * `npm test`: unit, contract and browser tests. `--long` runs only what takes minutes (`*.long.test.ts`). Anything else
 * is passed on to vitest, as in `npm test -- tracking`.
 *
 * RECORDS are tested on PostgreSQL too where TEST_POSTGRES_URL names one. With `--with-postgres`, and with `--long` unless
 * `--without-postgres` is said, one is started where none is named.
 */
const OWN = new Set(['--long', '--with-postgres', '--without-postgres'])
const told = process.argv.slice(2)
const args = told.filter((arg) => !OWN.has(arg))
const isLong = told.includes('--long')
const postgres = told.includes('--without-postgres')
  ? 'never'
  : isLong || told.includes('--with-postgres')
    ? 'always'
    : 'if named'

let vitest: ChildProcess | undefined
let isInterrupted = false
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    isInterrupted = true
    // It ends first, then what was started for it.
    vitest?.kill(signal)
  })

await ensureConsoleIsBuilt()
process.exitCode = await runOnPostgres(postgres, async (url) => {
  if (isInterrupted) return 1
  const { TEST_POSTGRES_URL: _named, ...env } = process.env
  const projects = isLong ? ['--project', 'long'] : ['--project', 'unit', '--project', 'e2e']
  vitest = spawn('vitest', ['run', ...projects, ...args], {
    stdio: 'inherit',
    env: url === undefined ? env : { ...env, TEST_POSTGRES_URL: url },
  })
  return new Promise<number>((resolve, reject) => {
    vitest!.once('error', reject).once('exit', (code) => resolve(code ?? 1))
  })
})
