import { AGE_RANGES } from '@foyer/contracts'
import type { Item } from './agenda.ts'
import { REFUSED_MASK } from './household-day.ts'
import { localDays, QUARTER_MS, wholeYears } from './local-days.ts'
import { countLovedSeries, type LovedSeriesCounter } from './count-loved-series.ts'
import { countPersons, type ServicePeople } from './count-persons.ts'
import { PLANTED } from './planted.ts'
import type { Simulated } from './requests.ts'
import { CRAWLERS, FOREIGN_NETWORKS, PLACES, PLAYING_MACHINE, SERVICES } from './services.ts'
import type { ServiceTruth, Truth, WatchedSums } from './truth.ts'
import type { World } from './world.ts'
import type { SimulatedViewer } from './viewers.ts'

/** Counts what is true of a history while it goes by. */
export interface TruthCounter {
  add(simulated: Simulated): void
  /** What was counted until now. Call it once, at the end. */
  finish(): Truth
}

type Sums = { -readonly [K in keyof WatchedSums]: WatchedSums[K] }
type DaySums = Sums & { events: number }

export function countTruth(world: World): TruthCounter {
  const services = new Map(SERVICES.map(({ id, timeZone }) => [id, openService(timeZone)]))
  const persons = countPersons(world)
  const scene = { passes: 0, views: 0 }
  const loved = countLovedSeries(world.options.viewers)
  const cdns = Object.fromEntries(
    PLANTED.cdns.map(({ name, isBad }) => [name, { isBad, views: 0, stalls: 0, stalledMs: 0, playedMs: 0 }]),
  )
  const bots = { events: 0, views: 0, byDay: {} as Record<string, { events: number; views: number }> }
  let anonymousRefusals = 0

  const facts = peopleFacts(world, services, loved)

  function addBot({ item, view }: Simulated): void {
    const { dayOf } = services.get(item.service)!
    for (const ts of timesOf(item, view)) {
      bots.events += 1
      entry(bots.byDay, dayOf(ts), () => ({ events: 0, views: 0 })).events += 1
    }
    if (!view) return
    bots.views += 1
    entry(bots.byDay, dayOf(startOf(view)), () => ({ events: 0, views: 0 })).views += 1
  }

  function addPlanted(simulated: Simulated): void {
    const { item, view } = simulated
    if (!view || item.kind !== 'view') return
    const cdn = cdns[item.cdn.name]!
    cdn.views += 1
    cdn.stalls += view.stalls
    cdn.stalledMs += view.stalledMs
    cdn.playedMs += view.played.reduce((sum, { ms }) => sum + ms, 0)
    if (view.scenePasses > 0) {
      scene.views += 1
      scene.passes += view.scenePasses
    }
    if (item.viewer !== null) loved.addSignedIn(item.viewer, simulated)
  }

  return {
    add(simulated) {
      const { item, view } = simulated
      if (item.isBot) return addBot(simulated)
      addPlanted(simulated)
      const service = services.get(item.service)!
      const isRefused = item.kind === 'view' && item.consentMask === REFUSED_MASK
      if (isRefused) {
        if (item.viewer === null) anonymousRefusals += 1
        addRefused(service, simulated)
        return
      }
      const times = timesOf(item, view)
      const owner = persons.add(simulated, service.dayOf, times)
      if (owner !== null) loved.addCounted(owner, simulated)
      addCounted(service, item, view, times)
    },
    finish() {
      const active = persons.finish()
      return {
        version: 1,
        seed: world.options.seed,
        viewers: world.options.viewers,
        days: world.options.days,
        from: new Date(world.from).toISOString(),
        until: new Date(world.options.until).toISOString(),
        services: Object.fromEntries(
          [...services].map(([id, service]) => [id, serviceTruthOf(service, active.of(id))]),
        ),
        scene: {
          contentId: PLANTED.scene.contentId,
          fromMs: PLANTED.scene.fromMs,
          toMs: PLANTED.scene.toMs,
          ...scene,
        },
        lovedSeries: loved.finish(),
        cdns,
        ...facts,
        bots: {
          ...bots,
          userAgents: [...CRAWLERS.map(({ userAgent }) => userAgent), PLAYING_MACHINE.userAgent],
        },
        consent: { ...facts.consent, anonymousRefusals },
        persons: active.persons,
      }
    },
  }
}

interface OpenService {
  readonly timeZone: string
  dayOf(ts: number): string
  readonly registered: {
    total: number
    byGender: Record<string, number>
    byCountry: Record<string, number>
    byAge: Record<string, number>
    byDay: Record<string, number>
  }
  readonly sums: DaySums
  readonly byDay: Record<string, DaySums>
  readonly byTitle: Record<string, Sums>
  readonly byPlatform: Record<string, Sums>
  readonly byCountry: Record<string, Sums>
  readonly refused: DaySums
}

const noSums = (): Sums => ({ starts: 0, streams: 0, playedMs: 0 })
const noDaySums = (): DaySums => ({ ...noSums(), events: 0 })

function openService(timeZone: string): OpenService {
  return {
    timeZone,
    dayOf: localDays(timeZone),
    registered: { total: 0, byGender: {}, byCountry: {}, byAge: {}, byDay: {} },
    sums: noDaySums(),
    byDay: {},
    byTitle: {},
    byPlatform: {},
    byCountry: {},
    refused: noDaySums(),
  }
}

/** When its events happened, epoch ms. */
function timesOf(item: Item, view: Simulated['view']): number[] {
  return view ? view.events.map(({ ts }) => ts) : [item.at]
}

/** When it was asked to play. */
function startOf(view: NonNullable<Simulated['view']>): number {
  return view.events.find(({ type }) => type === 'play')!.ts
}

function addRefused({ refused }: OpenService, { item, view }: Simulated): void {
  refused.events += timesOf(item, view).length
  if (!view) return
  refused.starts += 1
  refused.streams += view.isStream ? 1 : 0
  for (const { ms } of view.played) refused.playedMs += ms
}

function addCounted(
  service: OpenService,
  item: Item,
  view: Simulated['view'],
  times: readonly number[],
): void {
  service.sums.events += times.length
  for (const ts of times) entry(service.byDay, service.dayOf(ts), noDaySums).events += 1
  if (!view || item.kind !== 'view') return
  const wholes = [
    service.sums,
    entry(service.byTitle, item.content.id, noSums),
    entry(service.byPlatform, item.device.platform, noSums),
    entry(service.byCountry, countryOf(item), noSums),
  ]
  const startDay = entry(service.byDay, service.dayOf(startOf(view)), noDaySums)
  for (const sums of [...wholes, startDay]) {
    sums.starts += 1
    sums.streams += view.isStream ? 1 : 0
  }
  for (const stretch of view.played) {
    for (const sums of wholes) sums.playedMs += stretch.ms
    for (const { at, ms } of byQuarter(stretch))
      entry(service.byDay, service.dayOf(at), noDaySums).playedMs += ms
  }
}

/** A stretch of time cut where quarters of an hour end, since days end there too. */
function* byQuarter({ at, ms }: { at: number; ms: number }): Iterable<{ at: number; ms: number }> {
  let from = at
  let left = ms
  while (left > 0) {
    const part = Math.min(left, (Math.floor(from / QUARTER_MS) + 1) * QUARTER_MS - from)
    yield { at: from, ms: part }
    from += part
    left -= part
  }
}

const COUNTRY_OF_NETWORK = new Map<string, string>(
  [...Object.values(PLACES).flat(), ...FOREIGN_NETWORKS].map(({ network, country }) => [network, country]),
)

function countryOf({ device }: Item): string {
  return COUNTRY_OF_NETWORK.get(device.address.split('.').slice(0, 2).join('.'))!
}

function serviceTruthOf(service: OpenService, people: ServicePeople): ServiceTruth {
  const { timeZone, registered, sums, byDay, byTitle, byPlatform, byCountry, refused } = service
  const days = Object.keys(byDay).sort()
  const peak = days.reduce<string | null>(
    (best, day) => (best === null || byDay[day]!.playedMs > byDay[best]!.playedMs ? day : best),
    null,
  )
  return {
    timeZone,
    registered,
    counted: {
      ...sums,
      activeViewers: people.activeViewers,
      anonymousVisitors: people.anonymousVisitors,
      byDay: Object.fromEntries(
        days.map((day) => [
          day,
          {
            ...byDay[day]!,
            activeViewers: people.viewersOf(day),
            signedInViewers: people.signedInViewersOf(day),
          },
        ]),
      ),
      byTitle,
      byPlatform,
      byCountry,
      unlinked: people.unlinked,
    },
    refused,
    peakDay: peak !== null && byDay[peak]!.playedMs > 0 ? peak : null,
  }
}

/** What is known of people without looking at what they do. */
function peopleFacts(world: World, services: ReadonlyMap<string, OpenService>, loved: LovedSeriesCounter) {
  const churners: Truth['churners'] = []
  const fraud: Truth['fraud'] = []
  const refused: string[] = []
  const withdrawn: Truth['consent']['withdrawn'] = []
  const { until } = world.options
  for (const { members } of world.households()) {
    for (const { viewer, strangersDevices } of members) {
      const { externalId, service, churn, consent, fraudSince } = viewer
      loved.know({ ...viewer, ageRange: addRegistration(services.get(service)!, viewer, world.from) })
      if (churn && churn.at >= world.from && churn.at < until)
        churners.push({ externalId, service, leftAt: iso(churn.at), cause: churn.cause })
      if (fraudSince !== null)
        fraud.push({
          externalId,
          service,
          since: iso(fraudSince),
          deviceIds: strangersDevices.map(({ deviceId }) => deviceId),
        })
      if (consent.choice === 'refused') refused.push(externalId)
      if (consent.choice === 'withdrawn') withdrawn.push({ externalId, at: iso(consent.at) })
    }
  }
  return { churners, fraud, consent: { refused, withdrawn } }
}

/** The age range in which somebody registered. */
function addRegistration({ registered, dayOf }: OpenService, viewer: SimulatedViewer, from: number) {
  const day = dayOf(viewer.registeredAt)
  const age = viewer.birthDate === null ? null : wholeYears(viewer.birthDate, day)
  const range = AGE_RANGES.find((each) =>
    age === null ? each.from === null : each.from !== null && age >= each.from && age <= each.to,
  )!
  registered.total += 1
  registered.byGender[viewer.gender] = (registered.byGender[viewer.gender] ?? 0) + 1
  registered.byCountry[viewer.country] = (registered.byCountry[viewer.country] ?? 0) + 1
  registered.byAge[range.id] = (registered.byAge[range.id] ?? 0) + 1
  if (viewer.registeredAt >= from) registered.byDay[day] = (registered.byDay[day] ?? 0) + 1
  return range
}

function iso(ts: number): string {
  return new Date(ts).toISOString()
}

function entry<T>(record: Record<string, T>, key: string, make: () => T): T {
  return (record[key] ??= make())
}
