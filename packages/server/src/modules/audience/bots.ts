import type { BotsReport, ReportQuery } from '@foyer/contracts'
import type { Events } from '../../storage/index.ts'
import { checkRange, datesOf } from './calendar.ts'
import { bots, SECURITY_PURPOSE } from './queries.ts'

/** What machines did, by day and by what they call themselves. */
export async function botsOf(
  events: Events,
  query: ReportQuery,
  timeZone: string,
  signal: AbortSignal,
): Promise<BotsReport> {
  checkRange(query)
  const { service, from, to } = query
  const rows = await events.run(bots, { service, from, to, purpose: SECURITY_PURPOSE }, { signal })
  const none = { events: 0, views: 0 }
  const byDate = new Map<string, typeof none>()
  const byName = new Map<string, typeof none>()
  for (const row of rows) {
    add(byDate, row.date, row)
    add(byName, row.bot, row)
  }
  return {
    service,
    timeZone,
    from,
    to,
    events: rows.reduce((sum, row) => sum + row.events, 0),
    views: rows.reduce((sum, row) => sum + row.views, 0),
    days: datesOf(query).map((date) => ({ date, ...(byDate.get(date) ?? none) })),
    bots: [...byName]
      .map(([name, sums]) => ({ name, ...sums }))
      .sort((a, b) => b.events - a.events || (a.name < b.name ? -1 : 1)),
  }
}

function add(
  sums: Map<string, { events: number; views: number }>,
  key: string,
  row: { events: number; views: number },
) {
  const before = sums.get(key) ?? { events: 0, views: 0 }
  sums.set(key, { events: before.events + row.events, views: before.views + row.views })
}
