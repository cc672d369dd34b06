import { execFileSync } from 'node:child_process'
import type { TestInstance } from './instance.ts'

export const PROCESSES = ['supervisor', 'records', 'events', 'worker', 'api'] as const
export type ProcessName = (typeof PROCESSES)[number]

/** Process id of one of an instance's processes, by what its command line says. */
export function pidOf(instance: TestInstance, name: ProcessName): number | null {
  if (name === 'supervisor') return instance.pid
  const table = execFileSync('ps', ['--ppid', String(instance.pid), '-o', 'pid=,args='], { encoding: 'utf8' })
  const line = table.split('\n').find((row) => row.includes(`child ${name}`))
  return line ? Number.parseInt(line, 10) : null
}
