import { expect, test } from 'vitest'
import { z } from 'zod'
import { useRecorderStore } from '../../../test/recorder-store.ts'
import { trackingData } from './data-map.ts'

const { store } = useRecorderStore()

test('every column of the tables that the recorder fills is annotated, and no other', async () => {
  const mapped = trackingData.filter((table) => table.store === 'events')
  const columns = await store().events.query(
    `SELECT table, name FROM system.columns
     WHERE database = currentDatabase() AND table IN {tables:Array(String)} ORDER BY table, name`,
    {
      params: { tables: mapped.map(({ table }) => table) },
      row: z.object({ table: z.string(), name: z.string() }),
    },
  )
  const inStore = columns.map(({ table, name }) => `${table}.${name}`)
  const inMap = mapped.flatMap(({ table, columns }) => Object.keys(columns).map((name) => `${table}.${name}`))
  expect(inMap.sort()).toEqual(inStore.sort())
})
