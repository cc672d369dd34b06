import { LIVE, PURPOSE_BITS } from '@foyer/contracts'
import { z } from 'zod'
import type { Subject } from '../../platform/ids.ts'
import { defineReport, type Events, type RecorderState } from '../../storage/index.ts'
import { playSeen, type Sightings } from './presence-sightings.ts'
import { readStanding } from './view-state.ts'

const file = (name: string) => new URL(`./reports/${name}.sql`, import.meta.url)
const epochMs = z.number().int()
const count = z.coerce.number().int()
const subject = z.string().transform((text) => text as Subject)
const purpose = z.number().int().min(1)
/** Wall time allowed to each question, ms: meanwhile nothing is recorded. */
const msMax = 5_000

const presencePeople = defineReport({
  file: file('presence-people'),
  params: z.object({ from: epochMs, lateMs: epochMs, purpose, limit: count }),
  row: z.object({
    service: z.string(),
    subject,
    signed_in: z.coerce.boolean(),
    last_platform: z.string(),
    last_country: z.string(),
    heard_at: count,
  }),
  msMax,
})

const presenceViews = defineReport({
  file: file('presence-views'),
  params: z.object({ from: epochMs, lateMs: epochMs, purpose, limit: count }),
  row: z.object({ app: z.string(), view_id: z.string(), heard_at: count }),
  msMax,
})

const presenceReceived = defineReport({
  file: file('presence-received'),
  params: z.object({ from: epochMs, lateMs: epochMs, purpose }),
  row: z.object({ service: z.string(), second: count, events: count }),
  msMax,
})

/** Received events that had happened longer ago are left out of the history after a restart, ms. */
const RECEIVED_LATE_MS_MAX = 86_400_000

/**
 * The sightings of the last minutes up to `now` (epoch ms): who and when from EVENTS, how each play stands from what the
 * recorder remembers. Right at a moment when EVENTS has every batch that was sealed. Throws as `Events.run` does.
 */
export async function recentSightings(
  deps: { events: Pick<Events, 'run'>; state: Pick<RecorderState, 'get'> },
  now: number,
): Promise<Sightings> {
  const { events, state } = deps
  const shared = { lateMs: LIVE.presentMs, purpose: 2 ** PURPOSE_BITS.analytics }
  const [people, views, seconds] = await Promise.all([
    events.run(presencePeople, { ...shared, from: now - LIVE.presentMs, limit: LIVE.peopleMax }),
    events.run(presenceViews, { ...shared, from: now - LIVE.pausedMs, limit: LIVE.playsMax }),
    events.run(presenceReceived, {
      ...shared,
      from: now - LIVE.stepMs * (LIVE.stepsMax + 1),
      lateMs: RECEIVED_LATE_MS_MAX,
    }),
  ])
  const received = new Map<string, Map<number, number>>()
  for (const { service, second, events: count } of seconds) {
    const counts = received.get(service)
    if (counts) counts.set(second, count)
    else received.set(service, new Map([[second, count]]))
  }
  return {
    people: people.map((row) => ({
      service: row.service,
      subject: row.subject,
      isSignedIn: row.signed_in,
      platform: row.last_platform,
      country: row.last_country,
      heardAt: row.heard_at,
    })),
    plays: views.flatMap((row) => {
      const standing = readStanding(state, { app: row.app, viewId: row.view_id })
      return standing ? [playSeen(standing, row.heard_at)] : []
    }),
    received,
  }
}
