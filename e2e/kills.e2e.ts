import { expect, it } from 'vitest'
import { killEachProcess } from './survives-kills.ts'

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
