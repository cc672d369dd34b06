import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openTestEvents, type TestEvents } from '../test/events.ts'
import { openTestRecords, type TestRecords } from '../test/records.ts'
import { DATA_MAP } from './data-map.ts'

let records: TestRecords
let events: TestEvents

beforeAll(async () => {
  ;[records, events] = await Promise.all([openTestRecords(), openTestEvents()])
})
afterAll(async () => {
  await records?.close()
  await events?.close()
})

function annotated(store: 'records' | 'events'): string[] {
  return DATA_MAP.filter((table) => table.store === store)
    .flatMap(({ table, columns }) => Object.keys(columns).map((column) => `${table}.${column}`))
    .sort()
}

describe('the data map', () => {
  it('annotates every column of RECORDS, and none that is not there', async () => {
    const { rows } = await records.pool.query<{ place: string }>(
      `SELECT table_name || '.' || column_name AS place FROM information_schema.columns WHERE table_schema = 'public'`,
    )
    expect(annotated('records')).toEqual(rows.map(({ place }) => place).sort())
  })

  it('annotates every column of EVENTS, and none that is not there', async () => {
    const rows = await events.events.query(
      `SELECT concat(table, '.', name) AS place FROM system.columns
       WHERE database = currentDatabase()
         AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine NOT LIKE '%View' AND engine != 'Dictionary')`,
      { row: z.object({ place: z.string() }) },
    )
    expect(annotated('events')).toEqual(rows.map(({ place }) => place).sort())
  })

  it('says of everything that joins or describes a person for what it is kept, and what erasure does', () => {
    for (const { store, table, columns } of DATA_MAP) {
      for (const [column, { category, purpose, retention, erasure }] of Object.entries(columns)) {
        if (!['identifier', 'personal', 'behaviour'].includes(category)) continue
        const place = `${store}: ${table}.${column}`
        expect(purpose, place).not.toBeNull()
        // The audit trail keeps who did what: that is what it is for.
        if (retention === 'forever' && purpose !== 'security') expect(erasure, place).not.toBe('keep')
      }
    }
  })

  it('names each table once', () => {
    const names = DATA_MAP.map(({ store, table }) => `${store}: ${table}`)
    expect(new Set(names).size).toBe(names.length)
  })
})
