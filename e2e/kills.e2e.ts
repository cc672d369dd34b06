import { expect, it } from 'vitest'
import { killEachProcess } from './survives-kills.ts'

it(
  'stores every acknowledged event once, though each process is killed under load',
  { timeout: 300_000 },
  async () => {
    const { kills, acked } = await killEachProcess(1)
    expect(kills).toBe(5)
    expect(acked).toBeGreaterThan(1_000)
  },
)
