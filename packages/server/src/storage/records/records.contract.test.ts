import { afterAll, describe, expect, it } from 'vitest'
import { openTestRecords, recordsBackends } from '../../../test/records.ts'

describe.each(recordsBackends())('records on %s', async (backend) => {
  const records = await openTestRecords({ backend })
  afterAll(() => records.close())

  it('a select answers', async () => {
    expect((await records.pool.query('select $1::int as n', [1])).rows).toEqual([{ n: 1 }])
  })
})
