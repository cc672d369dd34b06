import type { Item, ViewItem } from './agenda.ts'
import { chooseContent, REFUSED_MASK, wantedOf, type WorldFrame } from './household-day.ts'
import type { SimulatedDevice } from './households.ts'
import { PLANTED } from './planted.ts'
import { letters, seededRandom, seedOf, STREAM, type Random } from './random.ts'
import { CRAWLERS, PLACES, PLAYING_MACHINE, USER_AGENTS } from './services.ts'
import { DAY_MS, eveningMs, MINUTE_MS } from './times.ts'

/** Those who have no account: visitors of the web pages who never sign in, and machines. They visit the first service. */

const SERVICE = 'demo'
const APP = 'demo-web'

/** How many people come without ever signing in, over the whole horizon. */
export function visitorsOf(viewers: number): number {
  return Math.round(viewers * PLANTED.visitors.perViewer)
}

/** Somebody who visits the web pages and never signs in. */
export interface Visitor {
  readonly service: string
  readonly device: SimulatedDevice
  /** Did not agree to being counted. */
  readonly isRefusing: boolean
  /** The first day on which they may come, since 1970; then every `gap` days, `days` times in all. */
  readonly firstDay: number
  readonly gap: number
  readonly days: number
}

/** The visitor of a number, from 1 to `visitorsOf`. */
export function visitorOf({ seed, until }: Pick<WorldFrame, 'seed' | 'until'>, number: number): Visitor {
  const random = seededRandom(seedOf(seed, STREAM.visitor, number))
  const firstDay = Math.floor(until / DAY_MS) - random.integer(0, PLANTED.visitors.horizonDays - 1)
  const gap = random.integer(1, 6)
  const days = random.integer(1, 4)
  const place = random.weighted(PLACES[SERVICE]!.map((candidate) => [candidate, candidate.weight] as const))
  const isRefusing = random.chance(PLANTED.consent.visitorRefuses)
  const device: SimulatedDevice = {
    deviceId: `${APP}-visitor-${letters(number)}`,
    app: APP,
    platform: 'web',
    userAgent: random.pick(USER_AGENTS.web!),
    address: `${place.network}.${random.integer(0, 255)}.0`,
  }
  return { service: SERVICE, device, isRefusing, firstDay, gap, days }
}

/** What a visitor takes to, and how much of it: some minutes of what is free to see. */
export function visitorChoice(
  catalogue: WorldFrame['catalogue'],
  random: Random,
): { content: ViewItem['content']; wantedMs: number } {
  const content = chooseContent(catalogue, { isOfLovingBracket: false, tastes: [] }, random)
  const wantedMs = Math.min(wantedOf(random, content.durationMs), random.integer(1, 20) * MINUTE_MS)
  return { content, wantedMs }
}

/** A visitor's day: a page, and mostly something that is free to see. Most days nothing. */
export function visitorDay(frame: WorldFrame, number: number, day: number): Item[] {
  const { service, device, isRefusing, firstDay, gap, days } = visitorOf(frame, number)
  const sinceFirst = day - firstDay
  if (sinceFirst < 0 || sinceFirst % gap !== 0 || sinceFirst / gap >= days) return []

  const today = seededRandom(seedOf(frame.seed, STREAM.visitorDay, number, day))
  const at = day * DAY_MS + eveningMs(today)
  const id = `visitor-${letters(number)}-${letters(day)}`
  const base = { service, device, viewer: null, isBot: false }
  const { content, wantedMs } = visitorChoice(frame.catalogue, today)
  const cdn = today.weighted(PLANTED.cdns.map((each) => [each, each.weight] as const))
  const items: Item[] = []
  // Whoever refuses to be counted is sent no page counter; the player reports what the service needs.
  if (!isRefusing) items.push({ kind: 'page', ...base, at, id: `${id}-p`, name: 'Home' })
  if (today.chance(0.75)) {
    items.push({
      kind: 'view',
      ...base,
      at: at + 90_000,
      id: `${id}-v`,
      content,
      wantedMs,
      wallMsMax: 45 * MINUTE_MS,
      cdn,
      ...(isRefusing ? { consentMask: REFUSED_MASK } : {}),
    })
  }
  return inside(frame, items)
}

/** The machines' day: crawlers read pages, and one machine plays title after title for seconds. */
export function botDay(frame: WorldFrame, day: number): Item[] {
  const midnight = day * DAY_MS
  const items: Item[] = []
  for (const [index, crawler] of CRAWLERS.entries()) {
    const device: SimulatedDevice = {
      deviceId: `${APP}-crawler-${letters(index)}`,
      app: APP,
      platform: 'web',
      userAgent: crawler.userAgent,
      address: crawler.address,
    }
    for (let page = 0; page < PLANTED.bots.crawlerPagesADay; page++) {
      items.push({
        kind: 'page',
        service: SERVICE,
        device,
        viewer: null,
        isBot: true,
        at: midnight + (page * 90 + index * 7) * MINUTE_MS,
        id: `crawler-${letters(index)}-${letters(day)}-${letters(page)}`,
        name: 'Title',
      })
    }
  }
  const { machineViewsADay } = PLANTED.bots
  const machine: SimulatedDevice = { ...PLAYING_MACHINE, app: APP, platform: 'web' }
  for (let view = 0; view < machineViewsADay; view++) {
    const title = frame.catalogue.playable[(day * machineViewsADay + view) % frame.catalogue.playable.length]!
    items.push({
      kind: 'view',
      service: SERVICE,
      device: machine,
      viewer: null,
      isBot: true,
      at: midnight + 3 * 60 * MINUTE_MS + view * 20_000,
      id: `machine-${letters(day)}-${letters(view)}`,
      content: { id: title.id, kind: 'vod', durationMs: title.durationMs! },
      wantedMs: 2_000 + ((day + view) % 3) * 1_000,
      wallMsMax: 18_000,
      cdn: PLANTED.cdns[0],
      isBrief: true,
    })
  }
  return inside(frame, items).sort((a, b) => a.at - b.at)
}

function inside(frame: WorldFrame, items: readonly Item[]): Item[] {
  return items.filter(
    (item) => item.at >= frame.from && item.at + (item.kind === 'view' ? item.wallMsMax : 0) < frame.until,
  )
}
