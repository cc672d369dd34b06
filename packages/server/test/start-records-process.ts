import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { StartupError } from '../src/platform/errors.ts'
import type { TestRecordsProcessOptions } from './records-process.ts'

export interface TestRecordsProcess {
  readonly child: ChildProcess
  /** Resolves with how it ended. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** Ends it in order. */
  stop(): Promise<void>
  /** Ends it with SIGKILL. */
  kill(): Promise<void>
}

/**
 * Starts a records' process. Rejects with its StartupError, or when it ends before it is ready. With `traceFile`, strace
 * writes its fsync calls there.
 */
export async function startTestRecordsProcess(
  options: TestRecordsProcessOptions,
  traceFile?: string,
): Promise<TestRecordsProcess> {
  const child = fork(SCRIPT, [JSON.stringify(options)], {
    ...(traceFile === undefined
      ? { execArgv: [] }
      : {
          execPath: 'strace',
          execArgv: ['-D', '-f', '-y', '-e', 'trace=fsync', '-o', traceFile, process.execPath],
        }),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  )
  await new Promise<void>((resolve, reject) => {
    child.once('message', (message: 'ready' | { startupError: string }) =>
      message === 'ready' ? resolve() : reject(new StartupError(message.startupError)),
    )
    void exited.then(({ code, signal }) =>
      reject(new Error(`the records' process ended before it was ready: ${code ?? signal}`)),
    )
  })
  return {
    child,
    exited,
    async stop() {
      child.send('stop')
      await exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

const SCRIPT = fileURLToPath(new URL('records-process.ts', import.meta.url))

/** The same server's address with another database. */
export function databaseUrl(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}
