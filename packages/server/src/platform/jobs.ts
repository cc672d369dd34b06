import type { Clock } from './clock.ts'
import type { Logger } from './log.ts'

/**
 * Work that the worker repeats: each job runs soon after the start and then an interval after each run's end, never twice
 * at once in a process, and a failure is logged and tried again at the next turn. On a cluster every worker runs them, and
 * none remembers when it ran last: a job must be safe to run beside itself and again.
 */
export interface Job {
  /** Name in logs and metrics, `module.what`. */
  readonly name: string
  readonly everyMs: number
  run(signal: AbortSignal): Promise<void>
}

export interface JobRunner {
  /** Runs a job now, out of turn, and waits for it. For tests and the command line. */
  runNow(name: string): Promise<void>
  /** Starts no more jobs and waits for those that run. */
  stop(): Promise<void>
}

/**
 * A job of a longer interval first runs after this, ms: a machine that is off at night is never up for a whole day. Not at
 * once, so that what was held up while it was off comes first.
 */
const FIRST_RUN_MS_MAX = 30_000

export function startJobs(jobs: readonly Job[], options: { clock: Clock; log: Logger }): JobRunner {
  const abort = new AbortController()
  const running = new Map<string, Promise<void>>()
  const cancels = new Map<string, () => void>()

  function run(job: Job): Promise<void> {
    const current = running.get(job.name)
    if (current) return current
    const started = (async () => job.run(abort.signal))().finally(() => running.delete(job.name))
    running.set(job.name, started)
    return started
  }

  function schedule(job: Job, afterMs: number): void {
    cancels.set(
      job.name,
      options.clock.after(afterMs, () => {
        run(job)
          .catch((error: unknown) => {
            if (!abort.signal.aborted) options.log.error({ err: error, job: job.name }, 'job failed')
          })
          .finally(() => {
            if (!abort.signal.aborted) schedule(job, job.everyMs)
          })
      }),
    )
  }

  for (const job of jobs) schedule(job, Math.min(job.everyMs, FIRST_RUN_MS_MAX))
  return {
    async runNow(name) {
      const job = jobs.find((candidate) => candidate.name === name)
      if (!job) throw new Error(`no job ${name}`)
      await run(job)
    },
    async stop() {
      abort.abort()
      for (const cancel of cancels.values()) cancel()
      await Promise.allSettled(running.values())
    },
  }
}
