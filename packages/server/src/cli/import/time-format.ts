import { CalendarDateTime, toZoned } from '@internationalized/date'

/**
 * Times as files write them. A format is `iso` (RFC 3339; without an offset it is local to the zone), `unix` (seconds),
 * `unixMs`, or a pattern of YYYY, MM, MMM (Jan), DD, HH, mm, ss and SSS with any signs between them.
 */
export function isTimeFormat(format: string): boolean {
  if (format === 'iso' || format === 'unix' || format === 'unixMs') return true
  const tokens = [...format.matchAll(TOKEN)].map(([token]) => token)
  const has = (...names: string[]) => tokens.some((token) => names.includes(token))
  return has('YYYY') && has('MM', 'MMM') && has('DD') && new Set(tokens).size === tokens.length
}

/** Epoch ms; null for what is not written so. Of an hour that a zone has twice, the first; of one that it skips, the later. */
export function readTime(text: string, { format, zone }: { format: string; zone: string }): number | null {
  if (format === 'unix' || format === 'unixMs') {
    if (!/^-?\d+(\.\d+)?$/.test(text)) return null
    return Math.round(Number(text) * (format === 'unix' ? 1_000 : 1))
  }
  if (format === 'iso') {
    if (/(?:Z|[+-]\d\d:?\d\d)$/i.test(text) && text.length > 10) {
      const isTime = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/i.test(text)
      const time =
        isTime && readDay(text.slice(0, 10), 'iso') ? Date.parse(text.replace(' ', 'T')) : Number.NaN
      return Number.isNaN(time) ? null : time
    }
    const match = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3})\d*)?)?)?$/.exec(text)
    if (!match) return null
    const [, year, month, day, hour, minute, second, fraction] = match
    return localTime({ year, month, day, hour, minute, second, ms: fraction?.padEnd(3, '0') }, zone)
  }
  const parts = partsOf(text, format)
  return parts && localTime(parts, zone)
}

/** A calendar day as YYYY-MM-DD; a time behind it is left aside. Null for what is not written so. */
export function readDay(text: string, format: string): string | null {
  if (format === 'unix' || format === 'unixMs') {
    const time = readTime(text, { format, zone: 'UTC' })
    return time === null ? null : new Date(time).toISOString().slice(0, 10)
  }
  if (format === 'iso') {
    const day = /^(\d{4}-\d\d-\d\d)(?:[T ]|$)/.exec(text)?.[1]
    return day !== undefined && readTime(day, { format, zone: 'UTC' }) !== null ? day : null
  }
  const parts = partsOf(text, format)
  const time = parts && localTime(parts, 'UTC')
  return time === null ? null : new Date(time).toISOString().slice(0, 10)
}

type Parts = {
  readonly [name in 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'ms']?: string | undefined
}

const TOKEN = /YYYY|MMM|MM|DD|HH|mm|ss|SSS/g

const TOKENS: Readonly<Record<string, { name: keyof Parts; pattern: string }>> = {
  YYYY: { name: 'year', pattern: '\\d{4}' },
  MMM: { name: 'month', pattern: '[A-Za-z]{3}' },
  MM: { name: 'month', pattern: '\\d{1,2}' },
  DD: { name: 'day', pattern: '\\d{1,2}' },
  HH: { name: 'hour', pattern: '\\d{1,2}' },
  mm: { name: 'minute', pattern: '\\d{2}' },
  ss: { name: 'second', pattern: '\\d{2}' },
  SSS: { name: 'ms', pattern: '\\d{3}' },
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

function partsOf(text: string, format: string): Parts | null {
  const names: (keyof Parts)[] = []
  let pattern = ''
  let end = 0
  for (const match of format.matchAll(TOKEN)) {
    const token = TOKENS[match[0]]!
    pattern += `${escaped(format.slice(end, match.index))}(${token.pattern})`
    names.push(token.name)
    end = match.index + match[0].length
  }
  const found = new RegExp(`^${pattern}${escaped(format.slice(end))}$`).exec(text)
  if (!found) return null
  return Object.fromEntries(names.map((name, index) => [name, found[index + 1]]))
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

function localTime(parts: Parts, zone: string): number | null {
  const named = MONTHS.indexOf((parts.month ?? '').toLowerCase()) + 1
  const month = named > 0 ? named : Number(parts.month)
  const { year, day, hour, minute, second, ms } = {
    year: Number(parts.year),
    day: Number(parts.day),
    hour: Number(parts.hour ?? 0),
    minute: Number(parts.minute ?? 0),
    second: Number(parts.second ?? 0),
    ms: Number(parts.ms ?? 0),
  }
  if (!(month >= 1 && month <= 12 && day >= 1 && year >= 1 && hour <= 23 && minute <= 59 && second <= 59))
    return null
  const local = new CalendarDateTime(year, month, day, hour, minute, second, ms)
  // The calendar brings 31 April to the 30th: that is not what stands there.
  if (local.day !== day) return null
  return toZoned(local, zone, 'compatible').toDate().getTime()
}
