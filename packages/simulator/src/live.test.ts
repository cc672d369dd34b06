import { playbackBatch } from '@foyer/contracts'
import { describe, expect, it } from 'vitest'
import { createLiveAudience, HEARTBEAT_MS, type LiveView } from './live.ts'
import { visitorOf, visitorsOf } from './strangers.ts'
import { MINUTE_MS } from './times.ts'
import { openWorld } from './world.ts'

const NOW = Date.UTC(2026, 10, 1, 20)
const world = openWorld({ seed: 7, viewers: 200, days: 10, until: NOW })

function beginMany(count: number, of = world): LiveView[] {
  const audience = createLiveAudience(of)
  return Array.from({ length: count }, (_, number) => audience.begin(number, NOW)).filter(
    (view) => view !== null,
  )
}

describe('people who watch now', () => {
  it('never share a device at the same time, and may when it is free again', () => {
    const audience = createLiveAudience(world)
    const views: LiveView[] = []
    let number = 0
    for (let full = 0; full < 5;) {
      const view = audience.begin(number++, NOW)
      if (view) views.push(view)
      else full += 1
    }
    const devices = views.map(({ device }) => device.deviceId)
    expect(new Set(devices).size).toBe(devices.length)
    for (const view of views) audience.end(view)
    expect(audience.begin(number, NOW)).not.toBeNull()
  })

  it('are registered, have agreed to be counted and have not left, or are visitors of the history who agreed', () => {
    const viewers = new Map([...world.viewers()].map((viewer) => [viewer.externalId, viewer]))
    const visitors = Array.from({ length: visitorsOf(200) }, (_, index) =>
      visitorOf(world.options, index + 1),
    )
    const refusing = new Map(visitors.map(({ device, isRefusing }) => [device.deviceId, isRefusing]))
    const views = beginMany(80)
    for (const { viewer, device, service } of views) {
      if (viewer === null) expect([refusing.get(device.deviceId), service]).toEqual([false, 'demo'])
      else expect(viewers.get(viewer)).toMatchObject({ consent: { choice: 'agreed' }, churn: null })
    }
    expect(views.filter(({ viewer }) => viewer === null).length).toBeGreaterThan(20)
    expect(views.filter(({ viewer }) => viewer !== null).length).toBeGreaterThan(20)
  })

  it('mostly look in for less than a minute, and some stay for long', () => {
    const lasting = beginMany(80).map(({ batches }) => batches.at(-1)!.at - NOW)
    expect(lasting.filter((ms) => ms < MINUTE_MS).length).toBeGreaterThan(50)
    expect(lasting.filter((ms) => ms > 5 * MINUTE_MS).length).toBeGreaterThan(5)
  })

  it('send what the wire takes, in order, whole, and a heartbeat every 10 s while they play', () => {
    for (const { context, batches, eventsPerSecond } of beginMany(40)) {
      const events = batches.flatMap((batch) => batch.events)
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index))
      expect(events.at(-1)!.type).toBe('view_end')
      const seconds = Math.max(1, (events.at(-1)!.ts - NOW) / 1_000)
      expect(eventsPerSecond).toBeCloseTo((1 + events.length) / seconds)
      for (const batch of batches) {
        const body = { v: 1, sentAt: batch.at, context, events: batch.events }
        expect(playbackBatch.safeParse(body).error?.issues).toBeUndefined()
        expect(batch.at).toBe(batch.events.at(-1)!.ts)
      }
      for (const { playedMs } of events.filter(({ type }) => type === 'heartbeat'))
        expect(playedMs).toBeLessThanOrEqual(HEARTBEAT_MS)
    }
  })

  it('are the same to the byte for the same seed and another for another', () => {
    const text = (seed: number) => JSON.stringify(beginMany(30, openWorld({ ...world.options, seed })))
    expect(text(7)).toBe(text(7))
    expect(text(8)).not.toBe(text(7))
  })

  it('are named differently when a demo is started again', () => {
    const id = (startedAt: number) => createLiveAudience(world).begin(3, startedAt)!.context.viewId
    expect(id(NOW)).toBe(id(NOW))
    expect(id(NOW + 60_000)).not.toBe(id(NOW))
  })
})
