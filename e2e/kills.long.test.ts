import { expect, it } from 'vitest'
import { killEachProcess } from './survives-kills.ts'

it(
  'stores every acknowledged event once through eight kills of each process (B7)',
  { timeout: 1_800_000 },
  async () => {
    const { kills, acked } = await killEachProcess(8)
    expect(kills).toBe(40)
    process.stdout.write(`B7: ${kills} kills, ${acked} acknowledged = rows = distinct = rollup\n`)
  },
)
