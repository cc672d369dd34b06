import type { PlatformName } from '@foyer/contracts'
import { letters, seededRandom, seedOf, STREAM, type Random } from './random.ts'
import { APPS, FOREIGN_NETWORKS, PLACES, USER_AGENTS, type Place } from './services.ts'
import { PLANTED } from './planted.ts'
import { inventViewer, type SimulatedViewer } from './viewers.ts'

/** A home: people who share televisions, and each their own devices. */
export interface Household {
  /** The number of its first member. */
  readonly number: number
  readonly service: string
  readonly place: Place
  readonly members: readonly Member[]
  /** Televisions that all use. */
  readonly televisions: readonly SimulatedDevice[]
  /** Whether anything may happen there without a person: nobody at home has refused to be counted. */
  readonly isAnonymousUseCounted: boolean
}

export interface Member {
  readonly viewer: SimulatedViewer
  /** Used by this person alone. The web browser, where there is one, stands first. */
  readonly devices: readonly SimulatedDevice[]
  /** Where this person's token is used by others; empty for honest people. */
  readonly strangersDevices: readonly SimulatedDevice[]
}

/** One installation of an app. */
export interface SimulatedDevice {
  readonly deviceId: string
  readonly app: string
  readonly platform: PlatformName
  readonly userAgent: string
  /** An address in a network that the country table knows, cut as the intake cuts it. */
  readonly address: string
}

/** Viewers who are made into households together, so that whose home is whose is found without looking at others. */
const BLOCK = 8
const SIZES = [
  [1, 5],
  [2, 5],
  [3, 3],
  [4, 2],
] as const

/** The homes of a world of `viewers` people, one after the other and never all at once. */
export function* inventHouseholds(world: {
  seed: number
  viewers: number
  until: number
}): Iterable<Household> {
  for (let first = 1; first <= world.viewers; first += BLOCK) {
    for (const { number, size } of blockOf(world, first)) yield inventHousehold(world, number, size)
  }
}

/** The home whose first member has this number. */
export function householdOf(
  world: { seed: number; viewers: number; until: number },
  number: number,
): Household {
  const first = number - ((number - 1) % BLOCK)
  const found = blockOf(world, first).find((home) => home.number === number)
  if (!found) throw new RangeError(`no household begins with viewer ${number}`)
  return inventHousehold(world, number, found.size)
}

function blockOf(
  world: { seed: number; viewers: number },
  first: number,
): { number: number; size: number }[] {
  const random = seededRandom(seedOf(world.seed, STREAM.household, 0, first))
  const last = Math.min(first + BLOCK - 1, world.viewers)
  const homes = []
  for (let number = first; number <= last;) {
    const size = Math.min(random.weighted(SIZES), last - number + 1)
    homes.push({ number, size })
    number += size
  }
  return homes
}

function inventHousehold(world: { seed: number; until: number }, number: number, size: number): Household {
  const random = seededRandom(seedOf(world.seed, STREAM.household, 1, number))
  const service = random.weighted([
    ['demo', 4],
    ['demo-sur', 1],
  ])
  const place = random.weighted(PLACES[service]!.map((candidate) => [candidate, candidate.weight] as const))
  const address = `${place.network}.${random.integer(0, 255)}.0`
  const device = deviceMaker(random, service)
  const televisions = Array.from(
    { length: size === 1 ? random.integer(0, 1) : random.integer(1, size > 2 ? 2 : 1) },
    (_, index) => device(televisionOf(random, service), `tv${letters(index)}-${letters(number)}`, address),
  )
  const members = Array.from({ length: size }, (_, index) => {
    const viewer = inventViewer(world, { number: number + index, service, place, isHead: index === 0 })
    return {
      viewer,
      devices: ownDevices(random, viewer, device, address),
      strangersDevices: viewer.fraudSince === null ? [] : strangersDevices(random, viewer, device),
    }
  })
  const isAnonymousUseCounted = members.every(
    ({ viewer }) => viewer.consent.choice === 'agreed' && viewer.fraudSince === null,
  )
  return { number, service, place, members, televisions, isAnonymousUseCounted }
}

type MakeDevice = (platform: PlatformName, id: string, address: string) => SimulatedDevice

function deviceMaker(random: Random, service: string): MakeDevice {
  return (platform, id, address) => {
    const app = APPS.find((candidate) => candidate.service === service && candidate.platform === platform)!
    return {
      deviceId: `${app.id}-${id}`,
      app: app.id,
      platform,
      userAgent: random.pick(USER_AGENTS[platform]!),
      address,
    }
  }
}

function televisionOf(random: Random, service: string): PlatformName {
  const known = APPS.filter(
    (app) => app.service === service && ['tizen', 'webos', 'hbbtv'].includes(app.platform),
  )
  return random.pick(known).platform
}

function ownDevices(
  random: Random,
  viewer: SimulatedViewer,
  device: MakeDevice,
  address: string,
): SimulatedDevice[] {
  const hasBrowser = random.chance(0.65)
  const hasPhone = !hasBrowser || random.chance(0.7)
  const id = letters(viewer.number)
  return [
    ...(hasBrowser ? [device('web', id, address)] : []),
    ...(hasPhone ? [device(random.pick(['android', 'android', 'ios'] as const), id, address)] : []),
  ]
}

function strangersDevices(random: Random, viewer: SimulatedViewer, device: MakeDevice): SimulatedDevice[] {
  return Array.from({ length: PLANTED.fraud.devices }, (_, index) =>
    device(
      random.pick(['web', 'android', 'ios', 'tizen'] as const),
      `far${letters(index)}-${letters(viewer.number)}`,
      `${FOREIGN_NETWORKS[index % FOREIGN_NETWORKS.length]!.network}.${random.integer(0, 60)}.0`,
    ),
  )
}
