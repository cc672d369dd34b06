import { expect, it } from 'vitest'
import { killEachProcess } from './survives-kills.ts'

it(
  'stores what was acknowledged once through eight kills of each process (B7)',
  { timeout: 1_800_000 },
  async () => {
    const { kills, planted, stored } = await killEachProcess(8)
    expect(stored).toEqual(planted)
    expect(kills).toBe(40)
  },
)
