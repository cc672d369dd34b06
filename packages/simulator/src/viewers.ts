import { CATEGORIES } from './catalogue.ts'
import { wholeYears } from './local-days.ts'
import { PLANTED, type ChurnCause } from './planted.ts'
import { seededRandom, seedOf, STREAM, type Random } from './random.ts'
import type { Place } from './services.ts'
import { DAY_MS, eveningMs, HOUR_MS } from './times.ts'

/** A registered person of the invented audience. Names and addresses are invented; the domain cannot exist (RFC 2606). */
export interface SimulatedViewer {
  readonly number: number
  readonly service: string
  readonly externalId: string
  readonly name: string
  readonly email: string
  readonly gender: 'female' | 'male' | 'other' | 'unknown'
  /** YYYY-MM-DD; null for those who did not say. */
  readonly birthDate: string | null
  readonly country: string
  readonly region: string | null
  readonly city: string | null
  /** Epoch ms. */
  readonly registeredAt: number
  /** Views a day in the long run. */
  readonly appetite: number
  /** Categories that are chosen before others. */
  readonly tastes: readonly string[]
  /** By the age at registration, by which reports tell ages. */
  readonly isOfLovingBracket: boolean
  readonly consent: ViewerConsent
  /** When and why this person stops watching for good; null for those who stay. */
  readonly churn: { readonly at: number; readonly cause: ChurnCause } | null
  /** From when strangers use this person's token, epoch ms; null for honest people. */
  readonly fraudSince: number | null
}

/** Whether this person's behaviour may be counted (purpose analytics). */
export type ViewerConsent =
  | { readonly choice: 'agreed' }
  | { readonly choice: 'refused' }
  | { readonly choice: 'withdrawn'; readonly at: number }

/** How far back registrations go, whatever part of it is played. */
const HORIZON_DAYS = 540
/** Nobody registers so shortly before the end that nothing can follow. */
const QUIET_END_MS = 4 * HOUR_MS

const GIVEN = 'Alba Bruno Carla Diego Elena Fabio Greta Hugo Irene Joel Kira Leo Marta Nico Olga Pablo'.split(
  ' ',
)
const FAMILY = 'Soler Rivas Campos Duarte Esteve Ferrer Gallego Herrera Ibarra Lara Molina Navas'.split(' ')

/** The viewer of a number: the same in every world with this seed and this end. */
export function inventViewer(
  world: { seed: number; until: number },
  home: { number: number; service: string; place: Place; isHead: boolean },
): SimulatedViewer {
  const { number, service, place } = home
  const random = seededRandom(seedOf(world.seed, STREAM.viewer, number))
  const age = inventAge(random, home.isHead)
  const year = new Date(world.until).getUTCFullYear() - age
  const birthDate = `${year}-${two(random.integer(1, 12))}-${two(random.integer(1, 28))}`
  const registeredAt = inventRegistration(random, world.until - QUIET_END_MS, place)
  const registeredOn = new Date(registeredAt + place.utcOffsetH * HOUR_MS).toISOString().slice(0, 10)
  const registeredAge = wholeYears(birthDate, registeredOn)
  const externalId = `demo-${number}`
  const { lovedSeries, fraud } = PLANTED
  return {
    number,
    service,
    externalId,
    name: `${random.pick(GIVEN)} ${random.pick(FAMILY)}`,
    email: `${externalId}@viewers.example`,
    gender: random.weighted([
      ['female', 47],
      ['male', 46],
      ['other', 2],
      ['unknown', 5],
    ] as const),
    birthDate: random.chance(0.93) ? birthDate : null,
    country: place.country,
    ...(random.chance(0.97)
      ? { region: place.region ?? null, city: place.city ?? null }
      : { region: null, city: null }),
    registeredAt,
    appetite: random.around(0.1, 0.7),
    tastes: [random.pick(CATEGORIES), random.pick(CATEGORIES)],
    isOfLovingBracket: registeredAge >= lovedSeries.fromAge && registeredAge <= lovedSeries.toAge,
    consent: inventConsent(random, registeredAt, world.until),
    churn: inventChurn(random, registeredAt, world.until),
    fraudSince:
      number % fraud.every === fraud.remainder
        ? Math.max(registeredAt, world.until - fraud.startedBeforeEndDays * DAY_MS)
        : null,
  }
}

/** At an hour at which people are up; more of late, as of a service that grows. */
function inventRegistration(random: Random, latest: number, place: Place): number {
  const day = Math.floor(latest / DAY_MS - HORIZON_DAYS * random.next() ** 1.25)
  const at = day * DAY_MS - place.utcOffsetH * HOUR_MS + eveningMs(random)
  return at > latest ? at - DAY_MS : at
}

function inventAge(random: Random, isHead: boolean): number {
  if (random.chance(0.18)) return random.integer(PLANTED.lovedSeries.fromAge, PLANTED.lovedSeries.toAge)
  const age = Math.round(random.around(38, 0.36))
  return Math.min(84, Math.max(isHead ? 18 : 13, age))
}

function inventConsent(random: Random, registeredAt: number, until: number): ViewerConsent {
  const { refuses, withdraws } = PLANTED.consent
  const roll = random.next()
  const at = Math.round(registeredAt + random.next() * (until - registeredAt))
  if (roll < refuses) return { choice: 'refused' }
  return roll < refuses + withdraws ? { choice: 'withdrawn', at } : { choice: 'agreed' }
}

function inventChurn(random: Random, registeredAt: number, until: number): SimulatedViewer['churn'] {
  const { chance, causes } = PLANTED.churn
  const isLeaving = random.chance(chance)
  const cause = random.weighted(causes)
  const at = Math.round(registeredAt + random.around(120, 0.8) * DAY_MS)
  return isLeaving && at < until ? { at, cause } : null
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
