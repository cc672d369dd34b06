import type { Clock } from './clock.ts'
import type { Logger } from './log.ts'

/**
 * Work that the worker repeats: each job runs at its interval, never twice at once in a process, and a failure is logged
 * and tried again at the next turn. On a cluster every worker runs them, so a job must be safe to run beside itself.
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

export function startJobs(jobs: readonly Job[], options: { clock: Clock; log: Logger }): JobRunner {
  const abort = new AbortController()
  const running = new Map<string, Promise<void>>()
  const cancels = new Map<string, () => void>()

  function run(job: Job): Promise<void> {
    const current = running.get(job.name)
    if (current) return current
    const started = job.run(abort.signal).finally(() => running.delete(job.name))
    running.set(job.name, started)
    return started
  }

  function schedule(job: Job): void {
    cancels.set(
      job.name,
      options.clock.after(job.everyMs, () => {
        run(job)
          .catch((error: unknown) => {
            if (!abort.signal.aborted) options.log.error({ err: error, job: job.name }, 'job failed')
          })
          .finally(() => {
            if (!abort.signal.aborted) schedule(job)
          })
      }),
    )
  }

  for (const job of jobs) schedule(job)
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
