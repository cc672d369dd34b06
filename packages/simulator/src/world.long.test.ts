import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { countTruth } from './count-truth.ts'
import { openWorld } from './world.ts'

/** Of a day of a million people the requests would fill hundreds of MB; what is kept is their agenda and sums by number. */
const HEAP_MB_MAX = 250

it('streams a day of a million people, and counts what is true of it, within 250 MB of live heap', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const liveMb = (): number => {
    collect()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return (heapUsed + arrayBuffers) / 1e6
  }
  const before = liveMb()
  const world = openWorld({ seed: 7, viewers: 1_000_000, days: 1, until: Date.UTC(2026, 10, 1) })
  const truth = countTruth(world)
  let requests = 0
  let bytes = 0
  let peakMb = 0
  for (const each of world.history()) {
    truth.add(each)
    requests += 1
    bytes += JSON.stringify(each.request).length
    if (requests % 10_000 === 0) peakMb = Math.max(peakMb, liveMb() - before)
  }
  const { services } = truth.finish()
  const people = Object.values(services).reduce((sum, { registered }) => sum + registered.total, 0)
  expect(people).toBe(1_000_000)
  expect(requests).toBeGreaterThan(50_000)
  process.stdout.write(
    `${requests} requests of ${Math.round(bytes / 1e6)} MB, at most ${Math.round(peakMb)} MB alive\n`,
  )
  expect(peakMb).toBeLessThan(HEAP_MB_MAX)
})
