import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { LiveReport } from '@foyer/contracts'
import { startInstance, type TestInstance } from './instance.ts'
import { demoOperator } from './operator.ts'
import { queryEvents } from './stored-events.ts'

/** The demo's people go on watching when its history is loaded, and again when it is started again. */

const RATE = 40
let dataFolder: string
let instance: TestInstance

const start = (args: readonly string[]) =>
  startInstance({
    args: ['demo', ...args],
    dataFolder,
    environment: { FOYER_DEMO_VIEWERS: '300', FOYER_DEMO_DAYS: '2', FOYER_DEMO_RATE: '0' },
  })

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'foyer-demo-live-'))
})
afterAll(async () => {
  await instance?.stop()
  await rm(dataFolder, { recursive: true, force: true })
})

interface Live {
  readonly views: number
  /** Of the views: those that have ended, and those of people who are not signed in. */
  readonly ended: number
  readonly anonymous: number
  readonly countries: number
  readonly heartbeats: number
  readonly pages: number
  /** Of the events that are not of this moment. */
  readonly oldestS: number
}

async function live(): Promise<Live> {
  const [row] = await queryEvents<Live>(
    dataFolder,
    `SELECT toUInt32(uniqExactIf(view_id, view_id != '')) AS views,
       toUInt32(countIf(type = 'view_end')) AS ended, toUInt32(uniqExactIf(view_id, view_id != '' AND NOT is_signed_in)) AS anonymous,
       toUInt32(uniqExact(country)) AS countries,
       toUInt32(countIf(type = 'heartbeat')) AS heartbeats, toUInt32(countIf(type IN ('page', 'screen'))) AS pages,
       toUInt32(max(dateDiff('second', ts, received_at))) AS oldestS
     FROM events WHERE startsWith(view_id, 'live-') OR type IN ('page', 'screen') AND received_at - ts < 5`,
  )
  return row!
}

it('sends nothing at a rate of 0', async () => {
  instance = await start([])
  expect(await live()).toMatchObject({ views: 0, heartbeats: 0 })
  await instance.stop()
})

it('plays now, signed in and not, from several countries, with heartbeats; people come and go', async () => {
  instance = await start(['--rate', String(RATE)])
  const operator = await demoOperator(instance)
  await vi.waitFor(
    async () => {
      const { heartbeats, ended, anonymous, views } = await live()
      expect(heartbeats).toBeGreaterThan(2 * RATE)
      expect(ended).toBeGreaterThan(10)
      expect(anonymous).toBeGreaterThan(10)
      expect(views - anonymous).toBeGreaterThan(10)
    },
    { timeout: 90_000, interval: 1_000 },
  )
  const { viewers, plays } = await operator.call<LiveReport>('GET', '/v1/reports/live?service=demo')
  expect(viewers.signedIn).toBeGreaterThan(3)
  expect(viewers.anonymous).toBeGreaterThan(3)
  expect(plays.playing).toBeGreaterThan(3)
  const seen = await live()
  expect(seen.countries).toBeGreaterThan(2)
  expect(seen.pages).toBeGreaterThan(0)
  expect(seen.oldestS).toBeLessThan(10)
  expect(instance.output()).not.toContain('cannot reach the intake')
  expect(await instance.stop()).toBe(0)
})

it('goes on when it is started again', async () => {
  instance = await start(['--rate', String(RATE)])
  const before = await live()
  await vi.waitFor(async () => expect((await live()).views).toBeGreaterThan(before.views + 10), {
    timeout: 60_000,
    interval: 500,
  })
})

it.each([
  ['--rate', 'many'],
  ['--rate', '-1'],
  ['--speed', '3'],
])('refuses %s %s and says what it takes', async (...args) => {
  await expect(start(args)).rejects.toThrow(/--rate/)
})
