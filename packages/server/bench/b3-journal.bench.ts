import { closeSync, fdatasync, openSync, write } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { openLmdbJournal } from '../src/storage/journal/lmdb-journal.ts'
import type { Bench } from './bench.ts'
import { median } from './statistics.ts'

/** B3: how fast the journal takes requests, against a file that is appended to and synced for whole groups. */
export const bench: Bench = {
  id: 'B3',
  title: 'journal throughput ÷ file + fdatasync group commit',
  hold: { min: 0.5 },
  async run({ isQuick, report }) {
    const requests = isQuick ? 500 : 8_000
    const rounds = isQuick ? 2 : 9
    const folder = await mkdtemp(join(tmpdir(), 'foyer-b3-'))
    const journal = openLmdbJournal(join(folder, 'journal'), {
      bytesMax: 2_000_000_000,
      entriesMax: 5_000_000,
    })
    const file = openGroupFile(join(folder, 'file'))
    try {
      const floor: Sample[] = []
      const ours: Sample[] = []
      for (let round = -2; round < rounds; round++) {
        const bare = await measure(file.append, requests)
        const real = await measure((entry) => journal.append(entry), requests)
        // What was appended is recorded in the meantime, outside of the measured time.
        await emptyJournal(journal)
        // The first rounds are for the compilers.
        if (round < 0) continue
        floor.push(bare)
        ours.push(real)
        report(`${Math.round(bare.perSecond)} events/s file, ${Math.round(real.perSecond)} journal`)
      }
      const ratios = ours.map((sample, round) => sample.perSecond / floor[round]!.perSecond)
      return {
        ratio: median(ratios),
        figures: {
          ratioMin: Math.min(...ratios),
          ratioMax: Math.max(...ratios),
          journalEventsPerSecond: Math.round(median(ours.map(({ perSecond }) => perSecond))),
          fileEventsPerSecond: Math.round(median(floor.map(({ perSecond }) => perSecond))),
          journalCpuUsPerEvent: median(ours.map(({ cpuUs }) => cpuUs)),
          fileCpuUsPerEvent: median(floor.map(({ cpuUs }) => cpuUs)),
          fileEventsPerSync: Math.round(median(floor.map(() => file.requestsPerSync() * EVENTS_PER_REQUEST))),
        },
        method: `${rounds} interleaved rounds of ${requests} requests of ${EVENTS_PER_REQUEST} events of ${EVENT_BYTES} bytes, ${LANES} at once; each resolves when it is on disk. The figure is the median of the rounds' ratios.`,
      }
    } finally {
      await journal.close()
      file.close()
      await rm(folder, { recursive: true, force: true })
    }
  },
}

const LANES = 64
const EVENTS_PER_REQUEST = 20
const EVENT_BYTES = 300

interface Sample {
  readonly perSecond: number
  /** CPU of the process per event, µs, all threads. */
  readonly cpuUs: number
}

async function measure(append: (entry: Uint8Array) => Promise<unknown>, requests: number): Promise<Sample> {
  const entry = Buffer.alloc(EVENTS_PER_REQUEST * EVENT_BYTES, 'x')
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  let left = requests
  async function lane(): Promise<void> {
    while (left-- > 0) {
      await append(entry)
      // As a request would: the next comes in a later turn of the event loop.
      await setImmediate()
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  const ms = performance.now() - startedAt
  const cpu = process.cpuUsage(cpuBefore)
  const events = requests * EVENTS_PER_REQUEST
  return { perSecond: (events / ms) * 1_000, cpuUs: (cpu.user + cpu.system) / events }
}

async function emptyJournal(journal: ReturnType<typeof openLmdbJournal>): Promise<void> {
  for (;;) {
    const last = journal.read(null, { entries: 5_000, bytes: 100_000_000 }).at(-1)
    if (!last) return
    await journal.commit(last.position)
    await journal.trim()
  }
}

/** The least that a durable journal could do. */
function openGroupFile(path: string) {
  const descriptor = openSync(path, 'a')
  let waiting: { entry: Uint8Array; done(): void; fail(error: unknown): void }[] = []
  let isWriting = false
  let syncs = 0
  let appended = 0

  function flush(): void {
    const group = waiting
    waiting = []
    if (group.length === 0) {
      isWriting = false
      return
    }
    const bytes = Buffer.concat(group.map(({ entry }) => entry))
    const settle = (error: Error | null) => {
      for (const { done, fail } of group) {
        if (error) fail(error)
        else done()
      }
      flush()
    }
    write(descriptor, bytes, 0, bytes.length, null, (error) => {
      if (error) return settle(error)
      syncs += 1
      appended += group.length
      fdatasync(descriptor, settle)
    })
  }

  return {
    append: (entry: Uint8Array) =>
      new Promise<void>((done, fail) => {
        waiting.push({ entry, done, fail })
        if (isWriting) return
        isWriting = true
        queueMicrotask(flush)
      }),
    requestsPerSync: () => appended / Math.max(1, syncs),
    close: () => closeSync(descriptor),
  }
}
