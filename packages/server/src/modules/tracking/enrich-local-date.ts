/** The day of an instant (epoch ms) in a zone, YYYY-MM-DD. */
export type LocalDateOf = (ts: number, timeZone: string) => string

/** Offsets of all zones are multiples of this, so that a day never begins within it. */
const STEP_MS = 900_000
const REMEMBERED_MAX = 50_000

/** Days by zone, remembered by quarters of an hour: formatting costs 2 µs, looking up 0.05. */
export function createLocalDates(): LocalDateOf {
  const zones = new Map<string, { format: Intl.DateTimeFormat; days: Map<number, string> }>()
  return (ts, timeZone) => {
    let zone = zones.get(timeZone)
    if (!zone) {
      zone = { format: formatOf(timeZone), days: new Map() }
      zones.set(timeZone, zone)
    }
    const step = Math.floor(ts / STEP_MS)
    let day = zone.days.get(step)
    if (day === undefined) {
      if (zone.days.size >= REMEMBERED_MAX) zone.days.clear()
      day = zone.format.format(step * STEP_MS)
      zone.days.set(step, day)
    }
    return day
  }
}

/** The Swedish form of a date is ISO 8601's. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
}
