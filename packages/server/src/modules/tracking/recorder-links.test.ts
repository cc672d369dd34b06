import { expect, test } from 'vitest'
import { playback, useRecorderStore } from '../../../test/recorder-store.ts'
import { NOW, plainVault, vidOf } from '../../../test/recorder.ts'
import { Problem } from '../../platform/errors.ts'
import type { SubjectLink } from '../../storage/index.ts'

const { open, rowsOf } = useRecorderStore()

const ANN = vidOf('ann')
const UNMEASURED = 0b00111

function view(name: string, at: number): object {
  const batch = playback(name, [{ type: 'play' }, { type: 'heartbeat' }], at)
  return { ...batch, context: { ...batch.context, deviceId: 'tv' } }
}

async function subjectsOf(app: string): Promise<string[]> {
  const rows = await rowsOf(
    'SELECT toString(subject) AS subject FROM events WHERE app = {app:String} GROUP BY subject ORDER BY min(ts)',
    app,
  )
  return rows.map(({ subject }) => String(subject))
}

test('who signs in on a device is linked with what was done on it before, once', async () => {
  const subject = open()
  const header = { app: 'links', service: 'links' }
  await subject.append(header, view('a', NOW - 60_000))
  await subject.recorder.drain()
  expect(subject.linked).toEqual([])
  for (const at of [NOW - 50_000, NOW - 40_000])
    await subject.append({ ...header, viewer: { vid: ANN } }, view(`b${at}`, at))
  await subject.recorder.drain()
  const [anonymous, signedIn] = await subjectsOf('links')
  expect(signedIn).toBe(ANN)
  expect(subject.linked).toEqual([
    { anonymous, vid: ANN, device: plainVault.pseudonym('device', 'links\ntv'), at: NOW - 50_000 },
  ])
})

test('a link that RECORDS cannot take holds the line, and is handed over with its batch when it can', async () => {
  const told: SubjectLink[] = []
  let isDown = true
  const subject = open({
    people: {
      async link(links) {
        told.push(...links)
        if (isDown) throw new Problem('store.unavailable')
      },
    },
  })
  const header = { app: 'held', service: 'held' }
  await subject.append(header, view('a', NOW - 60_000))
  await subject.append({ ...header, viewer: { vid: ANN } }, view('b', NOW - 50_000))
  await expect(subject.recorder.drain()).rejects.toThrow(Problem)
  // Reports never know the events and not whose they are.
  expect(await subjectsOf('held')).toEqual([])
  isDown = false
  await subject.recorder.drain()
  expect(told).toHaveLength(2)
  expect(told[1]).toEqual(told[0])
  expect(await subjectsOf('held')).toEqual([told[0]!.anonymous, ANN])
  expect(await rowsOf('SELECT count() AS n FROM events WHERE app = {app:String}', 'held')).toEqual([
    { n: '4' },
  ])
})

test('a late view of a time of the device that was forgotten is one visitor, and nobody else’s', async () => {
  const subject = open()
  const header = { app: 'forgotten', service: 'forgotten' }
  for (let index = 0; index < 40; index++) {
    const at = NOW - 3_000_000 + index * 60_000
    const viewer = index % 2 === 0 ? { viewer: { vid: ANN } } : {}
    await subject.append({ ...header, ...viewer }, view(`v${index}`, at))
  }
  await subject.recorder.drain()
  const before = await subjectsOf('forgotten')
  const late = view('late', NOW - 3_600_000)
  await subject.append(header, late)
  await subject.append(header, view('later', NOW - 3_500_000))
  await subject.recorder.drain()
  const after = await subjectsOf('forgotten')
  expect(after.filter((each) => !before.includes(each))).toHaveLength(2)
})

test('what may not be measured is joined with nothing, view by view', async () => {
  const subject = open()
  const header = { app: 'unmeasured', service: 'unmeasured', defaultMask: UNMEASURED }
  await subject.append(header, view('a', NOW - 60_000))
  await subject.append(header, view('b', NOW - 50_000))
  await subject.append({ ...header, viewer: { vid: ANN } }, view('c', NOW - 40_000))
  await subject.recorder.drain()
  expect(subject.linked).toEqual([])
  expect(new Set(await subjectsOf('unmeasured')).size).toBe(3)
})
