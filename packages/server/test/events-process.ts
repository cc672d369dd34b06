import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { StartupError } from '../src/platform/errors.ts'
import type { EngineLimits, EventsProcessLimits } from '../src/storage/events/limits.ts'

/** An events process of its own, as the supervisor starts one. */
export interface TestEventsProcess {
  readonly process: ChildProcess
  /** Asks it to end cleanly and resolves with its exit code. */
  close(): Promise<number | null>
  /** Ends it at once. */
  kill(): Promise<void>
}

/** Starts the process and resolves when it serves; rejects with what it said when it could not. */
export async function startEventsProcess(options: {
  folder: string
  socketPath: string
  settings?: Partial<EngineLimits & EventsProcessLimits>
  environment?: Record<string, string>
}): Promise<TestEventsProcess> {
  const child = fork(
    fileURLToPath(new URL('./events-child.ts', import.meta.url)),
    [
      `--folder=${options.folder}`,
      `--socket=${options.socketPath}`,
      `--settings=${JSON.stringify(options.settings ?? {})}`,
    ],
    {
      env: { PATH: process.env['PATH'], UV_THREADPOOL_SIZE: '16', ...options.environment },
      execArgv: [],
    },
  )
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>
  const answer = await Promise.race([
    once(child, 'message').then(([message]) => message as Answer),
    exited.then(([code, signal]): Answer => ({ failed: `it ended with ${signal ?? code}` })),
  ])
  if ('failed' in answer) {
    await exited
    throw answer.isForPerson ? new StartupError(answer.failed) : new Error(answer.failed)
  }
  return {
    process: child,
    async close() {
      if (child.exitCode === null && child.signalCode === null && child.connected) child.send('close')
      return (await exited)[0]
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

type Answer = { ready: true } | { failed: string; isForPerson?: boolean }
