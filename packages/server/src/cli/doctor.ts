import { parseArgs } from 'node:util'
import { StartupError } from '../platform/errors.ts'
import { examination } from './doctor/examination.ts'
import type { Finding } from './doctor/finding.ts'

const USAGE = `foyer doctor          looks at folder, keys, engines, ports, disk, memory and clock
foyer doctor --json   the same for programs: { status, findings: [{ check, state, says, todo }] }`

/** Says what is well and what is not, with what to do. Ends with code 1 when something has failed, 0 otherwise. */
export async function run(args: string[]): Promise<void> {
  const isJson = wantsJson(args)
  const findings = await examination(process.env)
  const status = statusOf(findings)
  process.stdout.write(isJson ? `${JSON.stringify({ status, findings }, null, 2)}\n` : textOf(findings))
  // Native modules may keep threads, and there is nothing left to do.
  process.exit(status === 'failed' ? 1 : 0)
}

function statusOf(findings: readonly Finding[]): Finding['state'] {
  for (const state of ['failed', 'warning'] as const) {
    if (findings.some((finding) => finding.state === state)) return state
  }
  return 'ok'
}

const MARKS = { ok: 'ok     ', warning: 'warning', failed: 'FAILED ' }

function textOf(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length))
  const lines = findings.flatMap(({ check, state, says, todo }) => [
    `${MARKS[state]}  ${check.padEnd(width)}  ${says}`,
    ...(todo === null ? [] : [`${' '.repeat(MARKS.ok.length + width + 4)}→ ${todo}`]),
  ])
  const count = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length
  const sum = `${count('ok')} ok, ${count('warning')} warnings, ${count('failed')} failed`
  return `${lines.join('\n')}\n\n${sum}\n`
}

function wantsJson(args: string[]): boolean {
  try {
    return parseArgs({ args, options: { json: { type: 'boolean' } } }).values.json ?? false
  } catch (error) {
    throw new StartupError(`${(error as Error).message}\n\n${USAGE}`)
  }
}
