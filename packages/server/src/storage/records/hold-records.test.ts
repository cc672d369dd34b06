import { afterEach, expect, test } from 'vitest'
import { openTestRecords, type TestRecords } from '../../../test/records.ts'
import { holdRecords } from './hold-records.ts'

let records: TestRecords
afterEach(() => records.close())

test('whoever writes waits until they are let go', async () => {
  records = await openTestRecords()
  await records.pool.query('CREATE TABLE thing (id int)')
  const other = records.openClient()
  const order: string[] = []
  let writing: Promise<unknown> | undefined
  const seen = await holdRecords(records, async (client) => {
    writing = other.pool.query('INSERT INTO thing VALUES (1)').then(() => order.push('written'))
    await new Promise((resolve) => setTimeout(resolve, 200))
    order.push('let go')
    return (await client.query('SELECT * FROM thing')).rows
  })
  await writing
  expect(seen).toEqual([])
  expect(order).toEqual(['let go', 'written'])
})

test('says so when they were taken away before the end', async () => {
  records = await openTestRecords({ process: { wire: { transactionMsMax: 200 } } })
  const held = holdRecords(records, () => new Promise((resolve) => setTimeout(resolve, 600)))
  await expect(held).rejects.toThrow('could not be held still long enough')
  await holdRecords(records, async () => undefined)
})

test('an error of what was done lets them go', async () => {
  records = await openTestRecords()
  const held = holdRecords(records, async () => {
    throw new Error('the disk is full')
  })
  await expect(held).rejects.toThrow('the disk is full')
  expect((await records.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})
