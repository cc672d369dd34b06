import { purposeMask } from '@foyer/contracts'
import type { Item, PageItem, ViewItem } from './agenda.ts'
import type { SimulatedCatalogue, SimulatedTitle } from './catalogue.ts'
import type { Household, Member, SimulatedDevice } from './households.ts'
import { PLANTED } from './planted.ts'
import { letters, seededRandom, seedOf, STREAM, type Random } from './random.ts'
import { DAY_MS, eveningMs, HOUR_MS, MINUTE_MS } from './times.ts'
import type { SimulatedViewer } from './viewers.ts'

/** What the days of a world have in common. Times are epoch ms. */
export interface WorldFrame {
  readonly seed: number
  readonly from: number
  readonly until: number
  readonly catalogue: SimulatedCatalogue
  /** Number of the day, since 1970, of the planted match. */
  readonly matchDay: number
}

/** What stays allowed when people are not to be counted. */
export const REFUSED_MASK = purposeMask(['service', 'security', 'billing'])

/** The home's day is over this long after its midnight: nothing then hangs over into the next day's first views. */
const LATE_MS = 5.5 * HOUR_MS
/** Longest that anybody watches in one go. */
const SITTING_MS = 3.2 * HOUR_MS
/** Less time than this is not begun with. */
const SITTING_MS_MIN = 10 * MINUTE_MS
const NEVER_SIGNED_IN_CHANCE = 0.08
const SIGNS_OUT_CHANCE = 0.25
/** Before registering, people look around in their browser for so many days, on one of them in so many. */
const LOOKS_AROUND_DAYS = 10
const LOOKS_AROUND_CHANCE = 0.25

/**
 * What happens in a home on a day, in order of time; drawn from nothing but the world's seed, the home and the day. One
 * device does one thing at a time, and every day begins after the end of the day before.
 */
export function householdDay(frame: WorldFrame, home: Household, day: number): Item[] {
  const plan = openDay(frame, home, day)
  for (const member of home.members) {
    const wishes = wishesOf(frame, member, plan)
    for (const wish of wishes) plan.wish(wish)
  }
  return plan.carriedOut()
}

/** Somebody wants to watch something. */
interface Wish {
  readonly at: number
  readonly member: Member
  readonly device: SimulatedDevice
  readonly isSignedIn: boolean
  readonly content: ViewItem['content']
  readonly wantedMs: number
  readonly cdn: ViewItem['cdn']
}

interface Day {
  readonly random: Random
  readonly day: number
  /** The home's midnight, epoch ms. */
  readonly midnight: number
  readonly home: Household
  wish(wish: Wish): void
  page(page: Pick<PageItem, 'at' | 'device' | 'viewer' | 'name'>): void
  carriedOut(): Item[]
}

function openDay(frame: WorldFrame, home: Household, day: number): Day {
  const random = seededRandom(seedOf(frame.seed, STREAM.householdDay, home.number, day))
  const midnight = day * DAY_MS - home.place.utcOffsetH * HOUR_MS
  const wishes: Wish[] = []
  const items: Item[] = []
  const isShared = (device: SimulatedDevice) => home.televisions.includes(device)
  const newId = (): string => `${letters(home.number)}-${letters(day)}-${letters(items.length)}`
  const base = { service: home.service, isBot: false }

  function page(own: Pick<PageItem, 'at' | 'device' | 'viewer' | 'name'>): void {
    items.push({ kind: 'page', ...base, ...own, id: newId() })
  }

  /** Wishes one after the other, each when its device is free. */
  function carryOut(): void {
    const freeAt = new Map<SimulatedDevice, number>()
    for (const wish of wishes.sort((a, b) => a.at - b.at)) {
      const { device, member } = wish
      const at = Math.max(wish.at, freeAt.get(device) ?? 0)
      // Pauses and stalls take their time too.
      const sittingMs = Math.min(SITTING_MS, wish.wantedMs * 1.15 + SITTING_MS_MIN)
      const wallMsMax = Math.round(Math.min(sittingMs, midnight + DAY_MS + LATE_MS - at - MINUTE_MS))
      if (wallMsMax < SITTING_MS_MIN) continue
      const signedIn = wish.isSignedIn ? member.viewer : null
      items.push({
        kind: 'view',
        ...base,
        at,
        device,
        viewer: signedIn?.number ?? null,
        id: newId(),
        content: wish.content,
        wantedMs: wish.wantedMs,
        wallMsMax,
        cdn: wish.cdn,
        ...(mayBeCounted(member.viewer, at) ? {} : { consentMask: REFUSED_MASK }),
      })
      const endsAt = at + wallMsMax
      const isSigningOut =
        signedIn !== null && isShared(device) && home.isAnonymousUseCounted && random.chance(SIGNS_OUT_CHANCE)
      if (isSigningOut) page({ at: endsAt + 5_000, device, viewer: null, name: 'Who is watching?' })
      freeAt.set(device, endsAt + random.integer(20, 900) * 1_000)
    }
  }

  return {
    random,
    day,
    midnight,
    home,
    wish: (wish) => void wishes.push(wish),
    page,
    carriedOut() {
      carryOut()
      const isInside = (item: Item): boolean => {
        const endsAt = item.at + (item.kind === 'view' ? item.wallMsMax : 0)
        return item.at >= frame.from && endsAt < frame.until
      }
      return items.filter(isInside).sort((a, b) => a.at - b.at)
    },
  }
}

function mayBeCounted({ consent }: SimulatedViewer, at: number): boolean {
  return consent.choice === 'agreed' || (consent.choice === 'withdrawn' && at < consent.at)
}

function wishesOf(frame: WorldFrame, member: Member, plan: Day): Wish[] {
  const { viewer, devices } = member
  const { random, midnight } = plan
  const registrationDay = Math.floor((viewer.registeredAt - midnight) / DAY_MS)
  if (registrationDay > 0) return looksAround(frame, member, plan, registrationDay)
  const dayAfter = midnight + DAY_MS
  if (viewer.churn && viewer.churn.at < dayAfter) return []

  const wishes: Wish[] = []
  const signs = churnSigns(viewer, midnight)
  const views = Math.floor(viewer.appetite * (isWeekend(plan.day) ? 1.35 : 0.9) + random.next())
  for (let index = 0; index < views; index++) {
    const at = midnight + eveningMs(random)
    if (at < viewer.registeredAt) continue
    wishes.push(wishFor(frame, member, plan, { at, device: deviceFor(member, plan), signs }))
  }
  if (plan.day === frame.matchDay && random.chance(PLANTED.match.chance)) {
    const { hour, minute, channelId } = PLANTED.match
    const at = midnight + hour * HOUR_MS + minute * MINUTE_MS - random.integer(0, 20 * MINUTE_MS)
    const wish = wishFor(frame, member, plan, { at, device: deviceFor(member, plan), signs })
    const content = { id: channelId, kind: 'live', durationMs: null } as const
    if (at > viewer.registeredAt)
      wishes.push({ ...wish, content, wantedMs: random.integer(80, 125) * MINUTE_MS })
  }
  if (registrationDay === 0 && devices[0]!.platform === 'web') {
    // Who has just registered watches something, where she registered.
    const at = viewer.registeredAt + 2 * MINUTE_MS
    wishes.push(wishFor(frame, member, plan, { at, device: devices[0]!, signs }))
  }
  if (signs === 'price' && mayBeCounted(viewer, midnight) && random.chance(0.4)) {
    const at = midnight + eveningMs(random)
    plan.page({ at, device: devices[0]!, viewer: viewer.number, name: 'Plans and prices' })
  }
  if (viewer.fraudSince !== null && midnight >= viewer.fraudSince)
    wishes.push(...strangers(frame, member, plan))
  return wishes
}

/** Somebody who is not registered yet plays in her browser what is free to see. */
function looksAround(frame: WorldFrame, member: Member, plan: Day, daysLeft: number): Wish[] {
  const device = member.devices[0]!
  const { random } = plan
  if (daysLeft > LOOKS_AROUND_DAYS || device.platform !== 'web' || member.viewer.consent.choice === 'refused')
    return []
  if (!random.chance(LOOKS_AROUND_CHANCE)) return []
  const at = plan.midnight + eveningMs(random)
  const wish = wishFor(frame, member, plan, { at, device, signs: null })
  return [
    { ...wish, isSignedIn: false, wantedMs: Math.min(wish.wantedMs, random.integer(2, 15) * MINUTE_MS) },
  ]
}

/** The token of this account in other hands: in several countries in the same evening. */
function strangers(frame: WorldFrame, member: Member, plan: Day): Wish[] {
  const { random } = plan
  return Array.from({ length: PLANTED.fraud.viewsADay }, (_, index) => {
    const device = member.strangersDevices[(plan.day + index) % member.strangersDevices.length]!
    const at = plan.midnight + (19 * 60 + random.integer(0, 90)) * MINUTE_MS
    return wishFor(frame, member, plan, { at, device, signs: null })
  })
}

function wishFor(
  frame: WorldFrame,
  member: Member,
  plan: Day,
  { at, device, signs }: { at: number; device: SimulatedDevice; signs: string | null },
): Wish {
  const { random, home } = plan
  const content = chooseContent(frame.catalogue, member.viewer, random, signs)
  const isTelevision = home.televisions.includes(device)
  return {
    at,
    member,
    device,
    isSignedIn: !(isTelevision && home.isAnonymousUseCounted && random.chance(NEVER_SIGNED_IN_CHANCE)),
    content,
    wantedMs: wantedOf(random, content.durationMs),
    cdn:
      signs === 'rebuffering'
        ? PLANTED.cdns.find(({ isBad }) => isBad)!
        : random.weighted(PLANTED.cdns.map((cdn) => [cdn, cdn.weight] as const)),
  }
}

function churnSigns({ churn }: SimulatedViewer, midnight: number): string | null {
  return churn && churn.at - midnight < PLANTED.churn.signsMs ? churn.cause : null
}

function deviceFor({ devices }: Member, { random, home }: Day): SimulatedDevice {
  if (home.televisions.length > 0 && random.chance(0.55)) return random.pick(home.televisions)
  return random.pick(devices)
}

/** Which title or channel: the loved series first, so that its lift is exact; then by popularity and taste. */
export function chooseContent(
  catalogue: SimulatedCatalogue,
  viewer: Pick<SimulatedViewer, 'isOfLovingBracket' | 'tastes'>,
  random: Random,
  signs: string | null = null,
): ViewItem['content'] {
  const { lovedSeries } = PLANTED
  const isLoved = random.chance(lovedSeries.chance * (viewer.isOfLovingBracket ? lovedSeries.lift : 1))
  if (isLoved || signs === 'series_finished') return contentOf(random.pick(catalogue.lovedEpisodes))
  if (random.chance(0.14)) return { id: random.pick(catalogue.channels).id, kind: 'live', durationMs: null }
  return contentOf(chooseTitle(catalogue, viewer.tastes, random))
}

function chooseTitle(
  catalogue: SimulatedCatalogue,
  tastes: readonly string[],
  random: Random,
): SimulatedTitle {
  const weightOf = ({ popularity, categories }: SimulatedTitle) =>
    popularity * (categories.some((category) => tastes.includes(category)) ? 3 : 1)
  let total = 0
  for (const title of catalogue.playable) total += weightOf(title)
  let rest = random.next() * total
  for (const title of catalogue.playable) if ((rest -= weightOf(title)) < 0) return title
  return catalogue.playable.at(-1)!
}

function contentOf(title: SimulatedTitle): ViewItem['content'] {
  return { id: title.id, kind: 'vod', durationMs: title.durationMs! }
}

/** Half see it to its end, the others leave anywhere; channels are left after a while. */
export function wantedOf(random: Random, durationMs: number | null): number {
  if (durationMs === null) return Math.round(Math.min(150, random.around(38, 0.7)) * MINUTE_MS)
  return random.chance(0.52) ? durationMs : Math.round(durationMs * random.next())
}

function isWeekend(day: number): boolean {
  // Day 0 was a Thursday.
  const weekday = (day + 4) % 7
  return weekday === 0 || weekday === 6
}
