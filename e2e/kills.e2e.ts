import { expect, it } from 'vitest'
import { readMigrations } from '../packages/server/src/storage/index.ts'
import { killEachProcess, placesOf } from './survives-kills.ts'

it('compares every rollup that EVENTS have: one that is added and not compared could lose what it likes', () => {
  const none = { segment: 0, native: 0, starts: 0, streams: 0, playedMs: 0, bytes: 0 }
  const compared = new Set(Object.keys(placesOf(none)).map((place) => place.split('.')[0]!))
  const rollups = readMigrations('events').flatMap(({ sql }) =>
    [...sql.matchAll(/CREATE TABLE IF NOT EXISTS (\w+) \([^;]*ENGINE = SummingMergeTree/g)].map(
      ([, name]) => name!,
    ),
  )
  expect(rollups).toContain('quality_day')
  expect(rollups.filter((name) => !compared.has(name))).toEqual([])
})

it(
  'stores what was acknowledged once, in events and all rollups, though each process is killed under load',
  { timeout: 300_000 },
  async () => {
    const { kills, acked, planted, stored } = await killEachProcess(1)
    expect(stored).toEqual(planted)
    expect(kills).toBe(5)
    expect(acked.segment).toBeGreaterThan(1_000)
    expect(acked.native).toBeGreaterThan(100)
    expect(acked.streams).toBeGreaterThan(0)
  },
)
