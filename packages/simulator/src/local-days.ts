/** The local day of a moment in a zone, YYYY-MM-DD, by the platform's own calendar. Zones differ by quarters of an hour. */
export function localDays(timeZone: string): (ts: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
  const known = new Map<number, string>()
  return (ts) => {
    const quarter = Math.floor(ts / QUARTER_MS)
    let day = known.get(quarter)
    if (day === undefined) {
      day = format.format(quarter * QUARTER_MS)
      known.set(quarter, day)
    }
    return day
  }
}

export const QUARTER_MS = 900_000

/** Whole years from a birth date to a day, both YYYY-MM-DD. */
export function wholeYears(birthDate: string, day: string): number {
  const years = Number(day.slice(0, 4)) - Number(birthDate.slice(0, 4))
  return day.slice(5) < birthDate.slice(5) ? years - 1 : years
}
