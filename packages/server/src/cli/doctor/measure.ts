import { execFile } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ClockFacts } from './machine.ts'

/** Measurements on the machine. They say what is; `machine.ts` says what it means. */

const HERE = fileURLToPath(new URL('.', import.meta.url))
const LOAD_MS_MAX = 60_000

/** Loads modules with native code each in a process of its own, which a broken one may end. */
export async function loadModules(names: readonly string[]): Promise<Record<string, string | null>> {
  const results: Record<string, string | null> = {}
  for (const name of names) {
    const { code, text } = await runToEnd(process.execPath, [
      '--input-type=module',
      '-e',
      `await import(${JSON.stringify(name)}); process.exit(0)`,
    ])
    const reason = /^\w*Error.*$/m.exec(text)?.[0] ?? text.trim().split('\n', 1)[0]
    results[name] = code === 0 ? null : reason || `it ended with ${String(code)}`
  }
  return results
}

export async function measureDisk(path: string) {
  const { bavail, bsize, files, ffree } = await statfs(path)
  return { freeBytes: bavail * bsize, freeInodes: ffree, hasInodes: files > 0 }
}

export function measureMemory() {
  // Within a container what it was given, which the system reports as an absurdly high limit when there is none.
  const limit = process.constrainedMemory()
  const totalBytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  return { totalBytes, availableBytes: process.availableMemory() }
}

/** The hard limit: Node raises its own to it. */
export function measureOpenFiles(): number | null {
  if (!existsSync('/proc/self/limits')) return null
  const [, limit] = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  if (limit === undefined) return null
  return limit === 'unlimited' ? Infinity : Number(limit)
}

/** Files that a store writes whenever it writes. */
const WRITTEN = ['journal/data.mdb', 'recorder/data.mdb', 'records/global/pg_control']
const WATCH_MS = 300

export async function measureClock(root: string): Promise<ClockFacts> {
  const times = WRITTEN.map((file) => join(root, file))
    .filter((file) => existsSync(file))
    .map((file) => statSync(file).mtimeMs)
  const wall = Date.now()
  const monotonic = performance.now()
  const isSynchronized = await askTimeService()
  await delay(WATCH_MS)
  return {
    now: Date.now(),
    lastWrittenAt: times.length === 0 ? null : Math.max(...times),
    jumpMs: Date.now() - wall - (performance.now() - monotonic),
    hasZones: knowsZones(),
    isSynchronized,
  }
}

async function askTimeService(): Promise<boolean | null> {
  const { code, text } = await runToEnd('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], 2_000)
  if (code !== 0) return null
  return text.trim() === 'yes' ? true : text.trim() === 'no' ? false : null
}

/** The Chatham Islands are 13:45 ahead in their summer. */
function knowsZones(): boolean {
  try {
    const time = new Intl.DateTimeFormat('en-GB', { timeZone: 'Pacific/Chatham', timeStyle: 'short' })
    return time.format(new Date('2026-01-15T00:00:00Z')) === '13:45'
  } catch {
    return false
  }
}

/** Why an address cannot be listened on; null when it can. */
export async function tryListening(host: string, port: number): Promise<string | null> {
  return await new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    probe.listen({ host, port }, () => probe.close(() => resolve(null)))
  })
}

async function runToEnd(
  command: string,
  args: readonly string[],
  timeout = LOAD_MS_MAX,
): Promise<{ code: number | string | null; text: string }> {
  return await new Promise((resolve) => {
    execFile(command, [...args], { cwd: HERE, timeout }, (error, stdout, stderr) => {
      const code = error ? (error.code ?? error.signal ?? 1) : 0
      resolve({ code, text: stdout + stderr })
    })
  })
}
