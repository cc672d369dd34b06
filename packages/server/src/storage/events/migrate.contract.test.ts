import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { eventsBackends, type TestEvents } from '../../../test/events.ts'
import { readMigrations } from '../migrations.ts'
import type { Events } from './events.ts'
import { migrateEvents, repeatable } from './migrate.ts'

describe.each(eventsBackends())('migrations of EVENTS on $name', (backend) => {
  let store: TestEvents
  let events: Events

  beforeAll(async () => {
    store = await backend.open()
    events = store.events
  })
  afterAll(() => store.close())

  async function rowsIn(table: string): Promise<number> {
    const [row] = await events.query(`SELECT count() AS n FROM ${table}`, {
      row: z.object({ n: z.coerce.number() }),
    })
    return row!.n
  }

  test('a migrated store has nothing left to do', async () => {
    expect(await migrateEvents(events)).toEqual({ applied: [] })
  })

  test('an interrupted migration goes on where it stopped', async () => {
    const released = readMigrations('events')
    const next = {
      name: '9998_next',
      checksum: 'next',
      sql: `CREATE TABLE IF NOT EXISTS next_a (n UInt8) ENGINE = MergeTree ORDER BY n;
            CREATE TABLE IF NOT EXISTS next_b (n UInt8) ENGINE = MergeTree ORDER BY missing;`,
    }
    await expect(migrateEvents(events, [...released, next])).rejects.toThrow(/missing/)
    await expect(migrateEvents(events, [...released, { ...next, checksum: 'other' }])).rejects.toThrow(
      /begun by another/,
    )
    await events.command('DROP TABLE next_a')
    const mended = { ...next, sql: next.sql.replace('missing', 'n') }
    expect(await migrateEvents(events, [...released, mended])).toEqual({ applied: ['9998_next'] })
    expect(await rowsIn('next_b')).toBe(0)
    await expect(rowsIn('next_a'), 'the first statement is not run again').rejects.toThrow()
    await expect(migrateEvents(events), 'the store is ahead now').rejects.toThrow(/newer Foyer/)
  })
})

test('every statement of a released migration can run twice', () => {
  for (const migration of readMigrations('events')) expect(() => repeatable(migration)).not.toThrow()
  expect(() => repeatable({ name: 'x', checksum: '', sql: 'CREATE TABLE a (n UInt8);' })).toThrow(
    /cannot run twice/,
  )
})
