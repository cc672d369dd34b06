import type { RegistrationPeriod, RegistrationsReport } from '@foyer/contracts'
import { LOCALE } from '../../lib/locale.ts'

/** What a bar is called in full: the hour, day, days or month that it counts, in the service's zone. */
export function periodName(period: RegistrationPeriod, report: RegistrationsReport): string {
  const formats = formatsOf(report.timeZone)
  const start = new Date(period.start)
  switch (report.granularity) {
    case 'hour':
      return formats.hour.format(start)
    case 'day':
      return formats.day.format(start)
    default:
      return formats.range.formatRange(start, lastMoment(period))
  }
}

/** The same as short as an axis wants it. */
export function periodTick(period: RegistrationPeriod, report: RegistrationsReport): string {
  const formats = formatsOf(report.timeZone)
  const start = new Date(period.start)
  switch (report.granularity) {
    case 'hour':
      return formats.tickHour.format(start)
    case 'month':
      return formats.tickMonth.format(start)
    default:
      return formats.tickDay.format(start)
  }
}

/** A period's end is the start of the next; its last moment lies before. */
function lastMoment(period: RegistrationPeriod): Date {
  return new Date(Math.max(Date.parse(period.start), Date.parse(period.end) - 1))
}

function formatsOf(timeZone: string) {
  let formats = byZone.get(timeZone)
  if (!formats) {
    const format = (options: Intl.DateTimeFormatOptions) =>
      new Intl.DateTimeFormat(LOCALE, { timeZone, ...options })
    formats = {
      hour: format({
        month: 'short',
        day: 'numeric',
        hour: '2-digit',
        minute: '2-digit',
        timeZoneName: 'short',
      }),
      day: format({ weekday: 'short', year: 'numeric', month: 'short', day: 'numeric' }),
      range: format({ year: 'numeric', month: 'short', day: 'numeric' }),
      tickHour: format({ hour: '2-digit', minute: '2-digit' }),
      tickDay: format({ month: 'short', day: 'numeric' }),
      tickMonth: format({ year: '2-digit', month: 'short' }),
    }
    byZone.set(timeZone, formats)
  }
  return formats
}

/** Making a format costs more than using it a thousand times. */
const byZone = new Map<
  string,
  Record<'hour' | 'day' | 'range' | 'tickHour' | 'tickDay' | 'tickMonth', Intl.DateTimeFormat>
>()
