import {
  endOfMonth,
  parseDate,
  startOfMonth,
  startOfYear,
  today,
  type CalendarDate,
} from '@internationalized/date'

/**
 * The days that a page is about, as they stand in the URL: a preset (`?period=28d`), which moves with the calendar, or two
 * days (`?from=2026-10-01&to=2026-10-31`), which do not. One list serves the menu, the URL and the words.
 */
export const PRESETS = [
  { id: 'today', label: 'Today', range: (day: CalendarDate) => ({ from: day, to: day }) },
  { id: 'yesterday', label: 'Yesterday', range: (day: CalendarDate) => both(day.subtract({ days: 1 })) },
  {
    id: '7d',
    label: 'Last 7 days',
    range: (day: CalendarDate) => ({ from: day.subtract({ days: 6 }), to: day }),
  },
  {
    id: '28d',
    label: 'Last 28 days',
    range: (day: CalendarDate) => ({ from: day.subtract({ days: 27 }), to: day }),
  },
  {
    id: '90d',
    label: 'Last 90 days',
    range: (day: CalendarDate) => ({ from: day.subtract({ days: 89 }), to: day }),
  },
  {
    id: '12mo',
    label: 'Last 12 months',
    range: (day: CalendarDate) => ({ from: day.subtract({ years: 1 }).add({ days: 1 }), to: day }),
  },
  { id: 'month', label: 'This month', range: (day: CalendarDate) => ({ from: startOfMonth(day), to: day }) },
  { id: 'last-month', label: 'Last month', range: (day: CalendarDate) => lastMonth(day) },
  { id: 'year', label: 'This year', range: (day: CalendarDate) => ({ from: startOfYear(day), to: day }) },
] as const

export type PresetId = (typeof PRESETS)[number]['id']

/** Local days, both included. */
export interface DateRange {
  readonly from: string
  readonly to: string
}

export interface Period extends DateRange {
  /** The preset that it came from; null for two days that were chosen. */
  readonly preset: PresetId | null
  readonly label: string
}

const DEFAULT: PresetId = '28d'

/** What the URL says; a URL that says nothing or nonsense means the last 28 days. */
export function periodOf(search: URLSearchParams, timeZone: string): Period {
  const from = dayOf(search.get('from'))
  const to = dayOf(search.get('to'))
  if (from && to && from.compare(to) <= 0) {
    return { from: from.toString(), to: to.toString(), preset: null, label: 'Custom' }
  }
  const preset =
    PRESETS.find(({ id }) => id === search.get('period')) ?? PRESETS.find(({ id }) => id === DEFAULT)!
  const range = preset.range(today(timeZone))
  return { from: range.from.toString(), to: range.to.toString(), preset: preset.id, label: preset.label }
}

/** The changes of the URL that choose a preset or two days. */
export function periodParameters(
  choice: PresetId | DateRange,
): Record<'period' | 'from' | 'to', string | null> {
  if (typeof choice === 'string') return { period: choice, from: null, to: null }
  return { period: null, from: choice.from, to: choice.to }
}

/** Number of days of a range. */
export function daysOf(range: DateRange): number {
  return parseDate(range.to).compare(parseDate(range.from)) + 1
}

function both(day: CalendarDate): { from: CalendarDate; to: CalendarDate } {
  return { from: day, to: day }
}

function lastMonth(day: CalendarDate): { from: CalendarDate; to: CalendarDate } {
  const from = startOfMonth(day).subtract({ months: 1 })
  return { from, to: endOfMonth(from) }
}

function dayOf(text: string | null): CalendarDate | null {
  if (!text || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return null
  try {
    const day = parseDate(text)
    // A day that does not exist (31 April) is read as another: then it is not what was meant.
    return day.toString() === text ? day : null
  } catch {
    return null
  }
}
