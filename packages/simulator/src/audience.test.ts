import { playbackBatch } from '@foyer/contracts'
import { describe, expect, it } from 'vitest'
import { inventAudience } from './audience.ts'

const OPTIONS = { seed: 7, viewers: 60, days: 20, until: Date.UTC(2026, 10, 1) }

describe('the invented audience', () => {
  const audience = inventAudience(OPTIONS)

  it('is the same to the byte for the same seed and another for another', () => {
    expect(JSON.stringify(inventAudience(OPTIONS))).toBe(JSON.stringify(audience))
    expect(JSON.stringify(inventAudience({ ...OPTIONS, seed: 8 }).truth)).not.toBe(
      JSON.stringify(audience.truth),
    )
  })

  it('speaks the wire that players speak', () => {
    for (const { batch } of audience.views)
      expect(playbackBatch.safeParse(batch).error?.issues).toBeUndefined()
  })

  it('numbers the events of a view without gaps and never runs time backwards', () => {
    for (const { batch } of audience.views) {
      batch.events.forEach((event, index) => {
        expect(event.seq).toBe(index)
        if (index > 0) expect(event.monoMs).toBeGreaterThanOrEqual(batch.events[index - 1]!.monoMs)
      })
    }
  })

  it('watches nothing before registering and nothing after the end', () => {
    for (const view of audience.views) {
      expect(view.startedAt).toBeGreaterThanOrEqual(view.viewer.registeredAt)
      expect(view.receivedAt).toBeLessThanOrEqual(OPTIONS.until)
    }
  })

  it('tells how much was played of each title', () => {
    const total = Object.values(audience.truth.playedMsByTitle).reduce((sum, ms) => sum + ms, 0)
    expect(total).toBe(audience.truth.playedMs)
    expect(audience.truth.streams).toBeGreaterThan(0)
    expect(audience.truth.streams).toBeLessThanOrEqual(audience.truth.starts)
  })
})
