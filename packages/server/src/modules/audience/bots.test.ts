import { afterAll, beforeAll, expect, test } from 'vitest'
import { botsReport, purposeMask } from '@foyer/contracts'
import { eventRow, ndjson } from '../../../test/event-rows.ts'
import { openTestEvents, type TestEvents } from '../../../test/events.ts'
import { botsOf } from './bots.ts'

const UNASKED = purposeMask(['service', 'security', 'billing'])
let store: TestEvents

beforeAll(async () => {
  store = await openTestEvents()
  const bot = (fields: Record<string, unknown>) =>
    eventRow({ device_class: 'bot', browser: 'Googlebot', consent_mask: UNASKED, type: 'page', ...fields })
  const rows = [
    // Half past midnight in Madrid is the day before in UTC.
    bot({ ts: '2026-03-04 23:30:00.000', local_date: '2026-03-05' }),
    bot({ ts: '2026-03-05 10:00:00.000' }),
    bot({ browser: 'HeadlessChrome', type: 'play' }),
    bot({ browser: 'HeadlessChrome', type: 'view_end' }),
    bot({ ts: '2026-03-07 10:00:00.000', local_date: '2026-03-07' }),
    // Of another service, of a person, of a machine that nobody may look at, and outside of the range.
    bot({ service: 'other' }),
    bot({ device_class: 'desktop' }),
    bot({ consent_mask: purposeMask(['service', 'billing']) }),
    bot({ ts: '2026-03-08 10:00:00.000', local_date: '2026-03-08' }),
  ]
  await store.events.insert('events', { ndjson: ndjson(rows), token: 'bots' })
})
afterAll(() => store.close())

const report = (from: string, to: string) =>
  botsOf(store.events, { service: 'cine', from, to }, 'Europe/Madrid', AbortSignal.timeout(10_000))

test('tells machines by local day and by name, and nobody else', async () => {
  const answer = await report('2026-03-05', '2026-03-07')
  expect(botsReport.parse(answer)).toEqual(answer)
  expect(answer).toMatchObject({
    events: 5,
    views: 1,
    days: [
      { date: '2026-03-05', events: 4, views: 1 },
      { date: '2026-03-06', events: 0, views: 0 },
      { date: '2026-03-07', events: 1, views: 0 },
    ],
    bots: [
      { name: 'Googlebot', events: 3, views: 0 },
      { name: 'HeadlessChrome', events: 2, views: 1 },
    ],
  })
})

test('refuses a range that runs backwards', async () => {
  await expect(report('2026-03-07', '2026-03-05')).rejects.toMatchObject({ code: 'report.range_invalid' })
})
