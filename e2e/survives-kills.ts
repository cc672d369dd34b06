import { expect, vi } from 'vitest'
import { startInstance, type TestInstance } from './instance.ts'
import { pidOf, PROCESSES, startLoad } from './kills.ts'
import { firstOperator, testApp } from './operator.ts'
import { queryEvents } from './stored-events.ts'

interface Counts {
  rows: string
  distinct: string
  rollup: string
}

/**
 * Kills each process of an instance `rounds` times under load and compares: every acknowledged event is stored once, and
 * the rollup counts what is stored. Nothing is mended by hand; a killed supervisor is started again, as an init would.
 */
export async function killEachProcess(rounds: number): Promise<{ acked: number; kills: number }> {
  let instance = await startInstance()
  const { dataFolder } = instance
  try {
    const operator = await firstOperator(instance)
    const { serverKey } = await testApp(operator)
    const load = startLoad(instance.url, serverKey)
    let kills = 0
    for (let round = 0; round < rounds; round++) {
      for (const name of PROCESSES) {
        const before = load.acked.size
        await vi.waitFor(() => expect(load.acked.size).toBeGreaterThan(before + 200), {
          timeout: 60_000,
          interval: 20,
        })
        const pid = await vi.waitFor(() => pidOf(instance, name) ?? expect.fail(`${name} is not there`), {
          timeout: 60_000,
        })
        process.kill(pid, 'SIGKILL')
        kills++
        if (name === 'supervisor') {
          instance = await startInstance({ dataFolder })
          load.aim(instance.url)
        }
      }
    }
    await load.stop()
    const acked = load.acked.size
    await vi.waitFor(async () => expect(Number((await count(instance)).rows)).toBeGreaterThanOrEqual(acked), {
      timeout: 60_000,
      interval: 250,
    })
    const stored = await count(instance)
    expect(stored).toEqual({ rows: String(acked), distinct: String(acked), rollup: String(acked) })
    return { acked, kills }
  } finally {
    await instance.close()
  }
}

async function count({ dataFolder }: TestInstance): Promise<Counts> {
  const [row] = await queryEvents<Counts>(
    dataFolder,
    `SELECT
       (SELECT toString(count()) FROM events WHERE name = 'Kill Test') AS rows,
       (SELECT toString(uniqExact(event_id)) FROM events WHERE name = 'Kill Test') AS distinct,
       (SELECT toString(sum(events)) FROM subject_day) AS rollup`,
  )
  return row!
}
