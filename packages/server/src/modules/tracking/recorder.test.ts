import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openTestEvents, type TestEmbeddedEvents } from '../../../test/events.ts'
import { TRACE_NAMES, traceBatches } from '../../../test/player-traces.ts'
import { NOW, openTestRecorder, vidOf, type TestRecorder } from '../../../test/recorder.ts'

let store: TestEmbeddedEvents
const open: TestRecorder[] = []

beforeAll(async () => {
  store = await openTestEvents()
})
afterAll(() => store.close())
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

function recorderOf(
  ...args: Parameters<typeof openTestRecorder> extends [unknown, ...infer Rest] ? Rest : never
) {
  const made = openTestRecorder(store.events, ...args)
  open.push(made)
  return made
}

const rowsOf = (sql: string, params: Record<string, unknown> = {}) =>
  store.events.query(sql, { params, row: z.record(z.string(), z.unknown()) })

describe('from the journal to EVENTS', () => {
  test('the seven recorded traces arrive at their positions; all sent twice, shuffled, change nothing', async () => {
    const subject = recorderOf()
    const batches = TRACE_NAMES.flatMap((name) =>
      traceBatches(name, {
        viewId: `view-${name}`,
        deviceId: `device-${name}`,
        contentId: 'movie-1',
        size: 7,
      }).map((batch) => ({ name, batch })),
    )
    const header = (name: string) => ({ app: 'traces', viewer: { vid: vidOf(name) } })
    for (const { name, batch } of batches) await subject.append(header(name), batch)
    await subject.recorder.drain()
    const read = () =>
      rowsOf(`SELECT view_id, subject, groupArray((seq, type, position_ms)) AS seen FROM
        (SELECT * FROM events WHERE app = 'traces' ORDER BY view_id, seq) GROUP BY view_id, subject ORDER BY view_id`)
    const minutes = () =>
      rowsOf(`SELECT view_id, toInt64(sum(played_ms * sign)) AS played, toInt64(sum(starts * sign)) AS starts,
        toInt64(sum(streams * sign)) AS streams, toInt64(sum(stalled_ms * sign)) AS stalled
        FROM view_revision WHERE app = 'traces' GROUP BY view_id ORDER BY view_id`)
    const first = { events: await read(), minutes: await minutes() }
    expect(first.events).toHaveLength(7)
    expect(first.minutes).toMatchInlineSnapshot(`
      [
        {
          "played": "0",
          "stalled": "0",
          "starts": "1",
          "streams": "0",
          "view_id": "view-aborted-start",
        },
        {
          "played": "60847",
          "stalled": "0",
          "starts": "1",
          "streams": "1",
          "view_id": "view-clean-play",
        },
        {
          "played": "0",
          "stalled": "0",
          "starts": "1",
          "streams": "0",
          "view_id": "view-error-manifest-404",
        },
        {
          "played": "12427",
          "stalled": "0",
          "starts": "1",
          "streams": "1",
          "view_id": "view-pause-resume-rate-volume",
        },
        {
          "played": "29266",
          "stalled": "18833",
          "starts": "1",
          "streams": "1",
          "view_id": "view-rebuffer",
        },
        {
          "played": "9701",
          "stalled": "0",
          "starts": "1",
          "streams": "0",
          "view_id": "view-seek-heavy",
        },
        {
          "played": "1574",
          "stalled": "0",
          "starts": "1",
          "streams": "0",
          "view_id": "view-tab-close-beacon",
        },
      ]
    `)

    const again = [...batches, ...batches].sort(
      (a, b) => (a.batch.events[0]!.ts % 7) - (b.batch.events[0]!.ts % 7),
    )
    for (const { name, batch } of again) await subject.append(header(name), batch)
    await subject.recorder.drain()
    expect({ events: await read(), minutes: await minutes() }).toEqual(first)
    expect(NOW).toBeGreaterThan(0)
  })
})
