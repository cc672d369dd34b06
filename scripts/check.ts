import { spawnSync } from 'node:child_process'

/**
 * `npm run check`: everything that can be said of the code without running it. All checks run; the first failure does not
 * hide the others.
 */
const CHECKS: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['types', 'tsc', '-p', '.'],
  ['types of the console', 'tsc', '-p', 'packages/console'],
  ['lint, boundaries and cycles', 'oxlint', '--type-aware', '--deny-warnings'],
  ['format', 'oxfmt', '--check', '.'],
  ['dead code', 'knip'],
  ['lockfile', 'node', 'scripts/complete-lockfile.ts', '--check'],
  ['generated pages', 'node', 'scripts/generate.ts', '--check'],
]

const failed: string[] = []
for (const [name, command, ...args] of CHECKS) {
  const started = performance.now()
  const result = spawnSync(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const isGood = result.status === 0
  process.stdout.write(`${isGood ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`)
  if (!isGood) {
    failed.push(name)
    process.stdout.write(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}\n`)
  }
}
if (failed.length > 0) {
  process.stdout.write(
    `\nFailed: ${failed.join(', ')}. Formatting and simple lint: npm run fix. Pages: npm run generate.\n`,
  )
  process.exit(1)
}
