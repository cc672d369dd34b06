import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Builds the console when its sources are others than those of the build at hand, which takes two seconds; else does
 * nothing. `npm run demo`, `npm start` and `npm test` call it, so that nobody has to think of it.
 */
export async function ensureConsoleIsBuilt(): Promise<void> {
  const hash = hashOfSources()
  if (existsSync(BUILT_FROM) && readFileSync(BUILT_FROM, 'utf8') === hash) return
  process.stdout.write('Building the console…\n')
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    [VITE, 'build', '--logLevel', 'warn'],
    {
      cwd: CONSOLE,
      encoding: 'utf8',
    },
  )
  if (status !== 0) {
    throw new Error(`The console could not be built.\n${stdout}${stderr}${error?.message ?? ''}`)
  }
  // Written last: a build that was interrupted is made again.
  writeFileSync(BUILT_FROM, hash)
}

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const CONSOLE = `${ROOT}packages/console`
const BUILT_FROM = `${CONSOLE}/dist/.built-from`
const VITE = `${ROOT}node_modules/vite/bin/vite.js`

/** Everything that the build reads: the console, the contracts, and the versions of what they use. */
const SOURCES = [
  'packages/console/index.html',
  'packages/console/vite.config.ts',
  'packages/console/package.json',
  'packages/console/src/**/*.*',
  'packages/contracts/src/**/*.ts',
  'package-lock.json',
]

function hashOfSources(): string {
  const hash = createHash('sha256')
  for (const file of globSync(SOURCES, { cwd: ROOT }).sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(`${ROOT}${file}`))
      .update('\0')
  }
  return hash.digest('hex')
}

if (import.meta.main) await ensureConsoleIsBuilt()
