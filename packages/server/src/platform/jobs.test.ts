import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualClock, type ManualClock } from './clock.ts'
import { startJobs, type Job, type JobRunner } from './jobs.ts'
import type { Logger } from './log.ts'

const HOUR_MS = 3_600_000

let clock: ManualClock
let failures: { job: string; err: unknown }[]
let runner: JobRunner | undefined
beforeEach(() => {
  clock = manualClock(0)
  failures = []
  runner = undefined
})
afterEach(async () => runner?.stop())

function start(...jobs: Job[]): void {
  const log = { error: (fields: { job: string; err: unknown }) => void failures.push(fields) }
  runner = startJobs(jobs, { clock, log: log as unknown as Logger })
}

/** Lets what was resolved go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

async function pass(ms: number): Promise<void> {
  clock.advance(ms)
  await settle()
}

/** A job that remembers when it ran. */
function recorded(everyMs: number, run: () => void | Promise<void> = () => undefined) {
  const ranAt: number[] = []
  const job: Job = {
    name: 'test.recorded',
    everyMs,
    async run() {
      ranAt.push(clock.now())
      await run()
    },
  }
  return { job, ranAt }
}

describe('a job', () => {
  it('that is daily runs soon after the start, so that a machine that is off at night runs it', async () => {
    const { job, ranAt } = recorded(24 * HOUR_MS)
    start(job)
    await pass(29_999)
    expect(ranAt).toEqual([])
    await pass(1)
    expect(ranAt).toEqual([30_000])
    await pass(24 * HOUR_MS)
    expect(ranAt).toEqual([30_000, 24 * HOUR_MS + 30_000])
  })

  it('that is more frequent than that runs after its interval, and again and again', async () => {
    const { job, ranAt } = recorded(250)
    start(job)
    for (let turn = 0; turn < 4; turn++) await pass(250)
    expect(ranAt).toEqual([250, 500, 750, 1_000])
  })

  it('counts its interval from the end of a run, and never runs beside itself', async () => {
    const gate = Promise.withResolvers<void>()
    let isFirst = true
    const { job, ranAt } = recorded(1_000, () => (isFirst ? gate.promise : undefined))
    start(job)
    await pass(1_000)
    isFirst = false
    await pass(10_000)
    expect(ranAt).toEqual([1_000])
    gate.resolve()
    await settle()
    await pass(999)
    expect(ranAt).toEqual([1_000])
    await pass(1)
    expect(ranAt).toEqual([1_000, 12_000])
  })

  it.each([
    ['rejects', () => Promise.reject(new Error('down'))],
    [
      'throws before it gives a promise',
      () => {
        throw new Error('down')
      },
    ],
  ])('that %s is logged by its name and runs again', async (_how, run) => {
    let count = 0
    start({
      name: 'test.fails',
      everyMs: 1_000,
      run() {
        count += 1
        return run()
      },
    })
    await pass(1_000)
    await pass(1_000)
    expect(count).toBe(2)
    const failure = { job: 'test.fails', err: new Error('down') }
    expect(failures).toEqual([failure, failure])
  })

  it('that fails holds up no other', async () => {
    const { job, ranAt } = recorded(1_000)
    start({ name: 'test.fails', everyMs: 1_000, run: () => Promise.reject(new Error('down')) }, job)
    await pass(1_000)
    await pass(1_000)
    expect(ranAt).toEqual([1_000, 2_000])
  })
})

describe('out of turn', () => {
  it('a job runs at once, and who asks while it runs waits for that run', async () => {
    const gate = Promise.withResolvers<void>()
    const { job, ranAt } = recorded(HOUR_MS, () => gate.promise)
    start(job)
    const asked = [runner!.runNow(job.name), runner!.runNow(job.name)]
    await settle()
    expect(ranAt).toEqual([0])
    gate.resolve()
    await Promise.all(asked)
    expect(ranAt).toEqual([0])
  })

  it('a job that nobody knows is refused, and one that fails says so', async () => {
    start({ name: 'test.fails', everyMs: HOUR_MS, run: () => Promise.reject(new Error('down')) })
    await expect(runner!.runNow('test.nobody')).rejects.toThrow('no job test.nobody')
    await expect(runner!.runNow('test.fails')).rejects.toThrow('down')
  })
})

describe('stopping', () => {
  it('waits for what runs, tells it, and starts nothing more', async () => {
    const gate = Promise.withResolvers<void>()
    let told: AbortSignal | undefined
    let count = 0
    start({
      name: 'test.long',
      everyMs: 1_000,
      run(signal) {
        count += 1
        told = signal
        return gate.promise
      },
    })
    await pass(1_000)
    let isStopped = false
    const stopping = runner!.stop().then(() => (isStopped = true))
    await settle()
    expect(told?.aborted).toBe(true)
    expect(isStopped).toBe(false)
    gate.resolve()
    await stopping
    await pass(HOUR_MS)
    expect(count).toBe(1)
  })

  it('logs no failure of what it ended itself', async () => {
    start({
      name: 'test.ended',
      everyMs: 1_000,
      run: (signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('ended')))),
    })
    await pass(1_000)
    await runner!.stop()
    expect(failures).toEqual([])
  })
})
