import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { API_NODE_OPTIONS } from '../src/cli/instance.ts'
import { batchBody, EVENTS_PER_BATCH } from './b1/batch.ts'
import { startMeasured, type MeasuredProcess } from './b1/measured-process.ts'
import type { Bench } from './bench.ts'
import { median, percentile } from './statistics.ts'

/** B1: what an acknowledged event costs the api process, against the least that could be done with it. */
export const bench: Bench = {
  id: 'B1',
  title: 'CPU per acknowledged event ÷ bare node:http that parses JSON and group-commits a file',
  hold: { max: 2 },
  async run({ isQuick, report }) {
    const folder = await mkdtemp(join(tmpdir(), 'foyer-b1-'))
    const script = (name: string) => join(import.meta.dirname, 'b1', `${name}.ts`)
    await mkdir(join(folder, 'journal'))
    const bare = await startMeasured(script('bare-server'), [folder])
    const intake = await startMeasured(script('intake-server'), [join(folder, 'journal')], API_NODE_OPTIONS)
    const load = fork(script('load'))
    try {
      await once(load, 'message')
      // Rounds short enough that what else the machine does hits both alike, and so long that a collection of the oldest
      // garbage, which falls into some rounds of either, is a part of each; the first ones are for the compilers.
      const requests = isQuick ? 400 : 2_500
      const rounds = isQuick ? 5 : 24
      for (let round = 0; round < (isQuick ? 2 : 6); round++) {
        for (const server of [bare, intake]) await measure(server, load, isQuick ? 500 : 3_000)
      }
      const floor: Sample[] = []
      const ours: Sample[] = []
      for (let round = 0; round < rounds; round++) {
        floor.push(await measure(bare, load, requests))
        ours.push(await measure(intake, load, requests))
        if (round % 6 === 5) report(`${round + 1} of ${rounds} rounds`)
      }
      const ratios = ours.map((sample, round) => sample.cpuUs / floor[round]!.cpuUs)
      return {
        ratio: median(ratios),
        figures: {
          ratioQuarter: percentile(ratios, 25),
          ratioThreeQuarters: percentile(ratios, 75),
          intakeUsPerEvent: median(ours.map((sample) => sample.cpuUs)),
          bareUsPerEvent: median(floor.map((sample) => sample.cpuUs)),
          intakeEventsPerSecond: Math.round(median(ours.map((sample) => sample.perSecond))),
          bareEventsPerSecond: Math.round(median(floor.map((sample) => sample.perSecond))),
          bytesPerEvent: Math.round(batchBody(0, Date.now()).length / EVENTS_PER_BATCH),
        },
        method: `Both servers are processes of their own, measured by process.cpuUsage(), in turn, ${rounds} rounds of ${requests} requests of ${EVENTS_PER_BATCH} events over 64 connections from a third process on loopback, after 18,000 requests each to warm up; the figure is the median of the rounds' ratios. The load shares the cores, so that events per second are no capacity.`,
      }
    } finally {
      load.disconnect()
      await Promise.all([bare.stop(), intake.stop()])
      await rm(folder, { recursive: true, force: true })
    }
  },
}

interface Sample {
  /** CPU time of the server per event, µs. */
  readonly cpuUs: number
  readonly perSecond: number
}

async function measure(server: MeasuredProcess, load: ChildProcess, requests: number): Promise<Sample> {
  const before = await server.cpuUs()
  const answer = once(load, 'message')
  load.send({ port: server.port, total: requests })
  const [{ failed, ms }] = (await answer) as [{ failed: number; ms: number }]
  if (failed > 0) throw new Error(`${failed} requests were refused`)
  const events = requests * EVENTS_PER_BATCH
  return { cpuUs: ((await server.cpuUs()) - before) / events, perSecond: (events / ms) * 1_000 }
}
