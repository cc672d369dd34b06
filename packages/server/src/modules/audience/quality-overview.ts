import {
  deviceClass,
  REPORT_LIMITS,
  type DeviceClass,
  type OverviewQuery,
  type Quality,
  type QualityOverview,
} from '@foyer/contracts'
import type { Events } from '../../storage/index.ts'
import { biggestChanges } from './biggest-changes.ts'
import { checkRange, datesOf, previousRange } from './calendar.ts'
import { BILLING_PURPOSE, qualityBytes, qualityParts } from './queries.ts'

/** How well it played over a range and over as many days before: sums, of which the reader makes ratios. */
export async function qualityOverviewOf(
  events: Events,
  query: OverviewQuery,
  timeZone: string,
  signal: AbortSignal,
): Promise<QualityOverview> {
  checkRange(query)
  const { service, from, to } = query
  const previous = previousRange(query)
  const range = { service, previousFrom: previous.from, to }
  const [rows, bytes] = await Promise.all([
    events.run(qualityParts, { ...range, from }, { signal }),
    events.run(qualityBytes, { ...range, purpose: BILLING_PURPOSE }, { signal }),
  ])
  const part = (name: Row['part']) => rows.filter((row) => row.part === name)
  const platforms = comparedBy(part('platform'), (row) => row.platform).map(({ key, ...values }) => ({
    platform: key,
    ...values,
  }))
  const ofDay = new Map(part('day').map((row) => [row.date, qualityOf([row])]))
  const bytesOf = new Map(bytes.map((row) => [row.date, row.bytes]))
  const bytesOver = (days: readonly string[]) => days.reduce((sum, date) => sum + (bytesOf.get(date) ?? 0), 0)
  const days = datesOf(query)
  return {
    service,
    timeZone,
    from,
    to,
    previous,
    total: {
      value: qualityOf(part('day').filter((row) => row.is_current === 1)),
      previous: qualityOf(part('day').filter((row) => row.is_current === 0)),
    },
    days: days.map((date) => ({
      date,
      ...(ofDay.get(date) ?? qualityOf([])),
      bytes: bytesOf.get(date) ?? 0,
    })),
    platforms,
    devices: comparedBy(part('device'), (row) => classOf(row.device_class)).map(({ key, ...values }) => ({
      deviceClass: key,
      ...values,
    })),
    bytes: { value: bytesOver(days), previous: bytesOver(datesOf(previous)) },
    changes: biggestChanges(
      platforms.map(({ platform, value, previous: before }) => ({
        platform,
        stalledMs: { value: value.stalledMs, previous: before.stalledMs },
      })),
      (change) => change.stalledMs,
      REPORT_LIMITS.changesMax,
    ),
  }
}

interface Row {
  readonly part: 'platform' | 'device' | 'day'
  readonly is_current: number
  readonly platform: string
  readonly device_class: string
  readonly date: string
  readonly starts: number
  readonly streams: number
  readonly played_ms: number
  readonly stalled_ms: number
  readonly unknown_ms: number
}

/** Both ranges side by side, the most starts first. */
function comparedBy<Key extends string>(
  rows: readonly Row[],
  keyOf: (row: Row) => Key,
): { key: Key; value: Quality; previous: Quality }[] {
  const keys = [...new Set(rows.map(keyOf))]
  return keys
    .map((key) => {
      const own = rows.filter((row) => keyOf(row) === key)
      return {
        key,
        value: qualityOf(own.filter((row) => row.is_current === 1)),
        previous: qualityOf(own.filter((row) => row.is_current === 0)),
      }
    })
    .toSorted((a, b) => b.value.starts - a.value.starts || (a.key < b.key ? -1 : 1))
}

function qualityOf(rows: readonly Row[]): Quality {
  const sum = (of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0)
  return {
    starts: sum((row) => row.starts),
    streams: sum((row) => row.streams),
    playedMs: sum((row) => row.played_ms),
    stalledMs: sum((row) => row.stalled_ms),
    unknownMs: sum((row) => row.unknown_ms),
  }
}

/** A class that a later version named is something else to this one. */
function classOf(name: string): DeviceClass {
  return deviceClass.safeParse(name).data ?? 'other'
}
