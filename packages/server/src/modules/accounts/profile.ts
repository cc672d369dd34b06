import { isShallowTrait, VIEWER_LIMITS, type Gender } from '@foyer/contracts'
import { ageAt, ageBefore } from './age.ts'
import type { Dropped, Json, ViewerChanges, ViewerField } from './fields.ts'
import { countryOfRegion, nearestRegions, regionCodeOf, someRegion } from './places.ts'

/** What is known of a viewer, opened. Empty places are unknown. */
export interface Profile {
  /** Epoch ms. */
  readonly registeredAt: number
  readonly gender: Gender
  readonly birthDate: string | null
  readonly ageAtRegistration: number | null
  readonly country: string
  readonly region: string
  readonly city: string
  readonly name: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  readonly email: string | null
  readonly phone: string | null
  readonly traits: Readonly<Record<string, Trait>>
  /** When each field was stated, epoch ms. `registeredAt` is absent while it is only the first that we heard of them. */
  readonly statedAt: Readonly<Partial<Record<ViewerField, number>>>
}

/** A trait and when it was stated; a null value is one that was taken away. */
export interface Trait {
  readonly value: Json
  readonly at: number
}

/** Somebody of whom nothing is known but when we first heard of them. */
export function emptyProfile(firstHeardAt: number): Profile {
  return {
    registeredAt: firstHeardAt,
    gender: 'unknown',
    birthDate: null,
    ageAtRegistration: null,
    country: '',
    region: '',
    city: '',
    name: null,
    firstName: null,
    lastName: null,
    email: null,
    phone: null,
    traits: {},
    statedAt: {},
  }
}

/**
 * Applies what was stated at a time. Each field keeps what was stated last, whatever the order of arrival; of two
 * statements of one millisecond the first that arrived stays, so that a repeated one changes nothing.
 */
export function applyChanges(
  profile: Profile,
  changes: ViewerChanges,
  when: { at: number; timeZone: string },
): { profile: Profile; dropped: Dropped[] } {
  const { at, timeZone } = when
  const dropped: Dropped[] = []
  const stated = newerOnly(profile, changes, at)
  let next = movedBack(profile, at, timeZone)

  next = applyDates(next, stated, { at, timeZone, dropped })
  next = applyPlace(next, stated, dropped)
  next = { ...next, ...pick(stated, ['gender', 'name', 'firstName', 'lastName', 'email', 'phone']) }
  next = { ...next, traits: mergedTraits(profile.traits, changes.traits, at, dropped) }

  const refused = new Set(dropped.map((fault) => fault.field))
  const taken = (Object.keys(stated) as ViewerField[]).filter((field) => !refused.has(field))
  if (taken.length > 0)
    next = {
      ...next,
      statedAt: { ...next.statedAt, ...Object.fromEntries(taken.map((field) => [field, at])) },
    }
  return { profile: next, dropped }
}

/** The traits that have a value. */
export function liveTraits(traits: Profile['traits']): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(traits)
      .filter(([, trait]) => trait.value !== null)
      .map(([name, trait]) => [name, trait.value]),
  )
}

type Stated = Omit<ViewerChanges, 'traits'>

function newerOnly(profile: Profile, changes: ViewerChanges, at: number): Stated {
  const { traits: _traits, ...fields } = changes
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([field, value]) => value !== undefined && at > (profile.statedAt[field as ViewerField] ?? -Infinity),
    ),
  )
}

/** While nobody stated a time of registration it is the earliest that we heard of the viewer. */
function movedBack(profile: Profile, at: number, timeZone: string): Profile {
  if (profile.statedAt.registeredAt !== undefined || at >= profile.registeredAt) return profile
  return registeredAtOther(profile, at, timeZone) ?? profile
}

function applyDates(
  profile: Profile,
  stated: Stated,
  context: { at: number; timeZone: string; dropped: Dropped[] },
): Profile {
  const { timeZone, dropped } = context
  let next = profile
  if (stated.registeredAt !== undefined) {
    const base = stated.birthDate === undefined ? next : { ...next, birthDate: null }
    const moved = registeredAtOther(base, stated.registeredAt, timeZone)
    if (moved) next = { ...moved, birthDate: next.birthDate }
    else
      dropped.push({
        field: 'registeredAt',
        message: 'before the birth date or more than 120 years after it',
      })
  }
  if (stated.birthDate === null) next = { ...next, birthDate: null, ageAtRegistration: null }
  else if (stated.birthDate !== undefined) {
    const result = ageAt(stated.birthDate, { instant: next.registeredAt, timeZone })
    if ('age' in result) next = { ...next, birthDate: stated.birthDate, ageAtRegistration: result.age }
    else dropped.push({ field: 'birthDate', message: result.fault })
  }
  return applyAge(next, stated, context)
}

/** An age counts only while no birth date tells better. */
function applyAge(
  profile: Profile,
  stated: Stated,
  context: { at: number; timeZone: string; dropped: Dropped[] },
): Profile {
  const { at, timeZone, dropped } = context
  let age = profile.ageAtRegistration
  if (profile.birthDate !== null) {
    if (stated.ageAtRegistration !== undefined && stated.ageAtRegistration !== age)
      dropped.push({ field: 'ageAtRegistration', message: 'the birth date tells another' })
    return profile
  }
  if (stated.age === null) age = null
  else if (stated.age !== undefined) {
    const before = ageBefore(stated.age, { registeredAt: profile.registeredAt, statedAt: at, timeZone })
    if (before === null) dropped.push({ field: 'age', message: 'not born at the registration' })
    else age = before
  }
  if (stated.ageAtRegistration !== undefined) age = stated.ageAtRegistration
  return { ...profile, ageAtRegistration: age }
}

/** The profile with another time of registration and the age that follows; null when the birth date forbids it. */
function registeredAtOther(profile: Profile, registeredAt: number, timeZone: string): Profile | null {
  if (profile.birthDate !== null) {
    const result = ageAt(profile.birthDate, { instant: registeredAt, timeZone })
    return 'age' in result ? { ...profile, registeredAt, ageAtRegistration: result.age } : null
  }
  const age =
    profile.ageAtRegistration !== null && registeredAt < profile.registeredAt
      ? ageBefore(profile.ageAtRegistration, { registeredAt, statedAt: profile.registeredAt, timeZone })
      : profile.ageAtRegistration
  return { ...profile, registeredAt, ageAtRegistration: age }
}

function applyPlace(profile: Profile, stated: Stated, dropped: Dropped[]): Profile {
  let { country, region, city } = profile
  if (stated.country !== undefined && (stated.country ?? '') !== country) {
    country = stated.country ?? ''
    // Region and city of another country are no longer true.
    region = ''
    city = ''
  }
  if (stated.region === null) region = ''
  else if (stated.region !== undefined) {
    const code = regionCodeOf(stated.region, country === '' ? null : country)
    if (code === null) dropped.push({ field: 'region', message: regionFault(stated.region, country) })
    else {
      region = code
      country = countryOfRegion(code)
    }
  }
  if (stated.city !== undefined) city = stated.city ?? ''
  return { ...profile, country, region, city }
}

/** Says what is understood. Holds nothing of the text but what a region of the country is called like. */
function regionFault(text: string, country: string): string {
  if (country === '') return 'without a country only a code of ISO 3166-2, such as US-CA, is understood'
  if (regionCodeOf(text, null) !== null) return `a region of another country than ${country}`
  const example = someRegion(country)
  if (example === null) return `ISO 3166-2 has no regions of ${country}`
  const nearest = nearestRegions(text, country)
  const hint = nearest.length > 0 ? `nearest are ${nearest.join(', ')}` : `one of them is ${example}`
  return `no region of ${country} in ISO 3166-2 has this code or name; ${hint}`
}

function mergedTraits(
  known: Profile['traits'],
  stated: Record<string, Json> | undefined,
  at: number,
  dropped: Dropped[],
): Profile['traits'] {
  if (!stated) return known
  const merged = new Map(Object.entries(known))
  for (const [name, value] of Object.entries(stated)) {
    const previous = merged.get(name)
    if (value === undefined || (previous && at <= previous.at)) continue
    if (!isShallowTrait(value)) {
      dropped.push({ field: traitField(name), message: `nested deeper than ${VIEWER_LIMITS.traitDepthMax}` })
      continue
    }
    merged.set(name, { value, at })
    const reason = traitFault(name, merged)
    if (reason === null) continue
    dropped.push({ field: traitField(name), message: reason })
    if (previous) merged.set(name, previous)
    else merged.delete(name)
  }
  return Object.fromEntries(merged)
}

function traitField(name: string): string {
  return `traits.${name.slice(0, 128)}`
}

function traitFault(name: string, traits: Map<string, Trait>): string | null {
  if (name === '' || name.length > 128) return 'the name is empty or longer than 128 characters'
  if (traits.size > VIEWER_LIMITS.traitsMax) return `more than ${VIEWER_LIMITS.traitsMax} traits`
  if (Buffer.byteLength(JSON.stringify(Object.fromEntries(traits))) > VIEWER_LIMITS.traitsBytesMax)
    return `all traits together are larger than ${VIEWER_LIMITS.traitsBytesMax} bytes`
  return null
}

function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Partial<Pick<T, K>> {
  return Object.fromEntries(
    keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]),
  ) as Partial<Pick<T, K>>
}
