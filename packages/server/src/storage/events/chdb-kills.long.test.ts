import { expect, test } from 'vitest'
import { killRounds } from '../../../test/events-kills.ts'

test('through eight kills every acknowledged row is there once, in the table and in the rollup', async () => {
  const found = await killRounds(8)
  expect(found).toEqual({
    acked: found.rows,
    rows: found.rows,
    distinct: found.rows,
    rollup: found.rows,
    torn: 0,
  })
}, 300_000)
