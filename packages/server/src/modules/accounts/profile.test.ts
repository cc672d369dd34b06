import { describe, expect, it } from 'vitest'
import { readFields } from './fields.ts'
import { applyChanges, emptyProfile, type Profile } from './profile.ts'
import { readTraits } from './traits.ts'

const NOW = Date.parse('2026-05-01T12:00:00Z')
const WHEN = { now: NOW, timeZone: 'Europe/Madrid' }
const YEAR = 365.25 * 86_400_000

function state(profile: Profile, stated: object, at = NOW): { profile: Profile; dropped: string[] } {
  const { changes, dropped: unread } = readFields(stated, WHEN)
  const { profile: next, dropped } = applyChanges(profile, changes, { at, timeZone: 'UTC' })
  return { profile: next, dropped: [...unread, ...dropped].map((fault) => fault.field) }
}

describe('a stated field', () => {
  it.each([
    ['female', 'female'],
    ['F', 'female'],
    [' Woman ', 'female'],
    ['M', 'male'],
    ['non-binary', 'other'],
    ['', 'unknown'],
    [null, 'unknown'],
  ])('gender %j is %s', (given, gender) => {
    expect(readFields({ gender: given }, WHEN)).toEqual({ changes: { gender }, dropped: [] })
  })

  it.each([
    ['1991-01-01', '1991-01-01'],
    [' 1991-01-01 ', '1991-01-01'],
    // Midnight in UTC is a day that a program wrote so; anything else is an instant, here of a browser in Madrid.
    ['1991-01-01T00:00:00.000Z', '1991-01-01'],
    ['1990-12-31T23:00:00.000Z', '1991-01-01'],
    ['1990-06-30T22:00:00Z', '1990-07-01'],
    ['1991-01-01T00:00:00+01:00', '1991-01-01'],
    ['1991-01-01T12:00', '1991-01-01'],
  ])('birth date %j is %s', (given, birthDate) => {
    expect(readFields({ birthDate: given }, WHEN)).toEqual({ changes: { birthDate }, dropped: [] })
  })

  it.each([
    ['2020-01-02T03:04:05+02:00', '2020-01-02T01:04:05.000Z'],
    ['2020-01-02', '2020-01-02T00:00:00.000Z'],
    [1_577_934_245, '2020-01-02T03:04:05.000Z'],
    [1_577_934_245_000, '2020-01-02T03:04:05.000Z'],
    ['1577934245', '2020-01-02T03:04:05.000Z'],
  ])('a time of registration %j is %s', (given, time) => {
    expect(readFields({ registeredAt: given }, WHEN).changes.registeredAt).toBe(Date.parse(time))
  })

  it.each([
    { registeredAt: null },
    { registeredAt: 'yesterday' },
    { registeredAt: '2020-13-01' },
    { registeredAt: '2020-01-02T03:04:05' },
    { registeredAt: -1 },
    { registeredAt: Number.NaN },
    { registeredAt: NOW + 300_001 },
    { registeredAt: {} },
    { gender: 1 },
    { gender: 'femail' },
    { birthDate: '1990' },
    { birthDate: 19_900_101 },
    { age: '12.5' },
    { age: -1 },
    { age: 121 },
    { age: true },
    { country: 34 },
    { country: 'x'.repeat(1_000) },
    { city: '' },
    { city: 'x'.repeat(129) },
    { name: ['Ana'] },
    { name: 'a\u0085b' },
    { email: 'a@b' },
    { email: 'a b@example.org' },
    { email: `${'x'.repeat(250)}@example.org` },
    { phone: '1234' },
    { phone: '1'.repeat(16) },
    { phone: '555-CALL' },
  ])('%j is dropped with a reason that does not repeat it', (stated) => {
    const { changes, dropped } = readFields(stated, WHEN)
    expect(changes).toEqual({})
    expect(dropped).toMatchObject([{ field: Object.keys(stated)[0] }])
    expect(dropped[0]!.message).not.toContain(String(Object.values(stated)[0]).slice(0, 40) || 'never')
  })
})

describe('what follows from what', () => {
  const born = state(emptyProfile(NOW), { birthDate: '1990-01-01', registeredAt: NOW - 10 * YEAR }).profile

  it('age at registration follows the birth date, and goes with it', () => {
    expect(born.ageAtRegistration).toBe(26)
    expect(state(born, { registeredAt: NOW }, NOW + 1).profile.ageAtRegistration).toBe(36)
    expect(state(born, { birthDate: null }, NOW + 1).profile.ageAtRegistration).toBeNull()
  })

  it('a birth date and a time of registration that contradict each other are not both taken', () => {
    expect(state(born, { registeredAt: Date.parse('1980-01-01') }, NOW + 1)).toEqual({
      profile: born,
      dropped: ['registeredAt'],
    })
    const other = state(born, { registeredAt: NOW - YEAR, birthDate: '2026-01-01' }, NOW + 1)
    expect(other.dropped).toEqual(['birthDate'])
    expect(other.profile).toMatchObject({ birthDate: '1990-01-01', registeredAt: NOW - YEAR })
  })

  it('an age without a birth date stands for the day it was stated', () => {
    const registered = emptyProfile(NOW - 5 * YEAR)
    expect(state(registered, { age: 30 }).profile.ageAtRegistration).toBe(25)
    expect(state(registered, { ageAtRegistration: 30 }).profile.ageAtRegistration).toBe(30)
    expect(state(registered, { age: 3 })).toMatchObject({
      profile: { ageAtRegistration: null },
      dropped: ['age'],
    })
    expect(state(born, { age: 99 }, NOW + 1).profile.ageAtRegistration).toBe(26)
  })

  it('a region makes the country known; another country forgets region and city', () => {
    const fresno = state(emptyProfile(NOW), { region: 'US-CA', city: 'Fresno' }).profile
    expect(fresno).toMatchObject({ country: 'US', region: 'US-CA', city: 'Fresno' })
    expect(state(fresno, { country: 'USA' }, NOW + 1).profile).toMatchObject({
      region: 'US-CA',
      city: 'Fresno',
    })
    expect(state(fresno, { country: 'Spain' }, NOW + 1).profile).toMatchObject({
      country: 'ES',
      region: '',
      city: '',
    })
    expect(state(fresno, { region: 'Bavaria' }, NOW + 1)).toMatchObject({
      profile: { region: 'US-CA' },
      dropped: ['region'],
    })
  })

  it.each([
    [{ region: 'Madrid' }, 'without a country only a code of ISO 3166-2, such as US-CA, is understood'],
    [
      { country: 'DE', region: 'Bavria' },
      'no region of DE in ISO 3166-2 has this code or name; nearest are DE-BY (Bayern)',
    ],
    [
      { country: 'ES', region: 'xyzzy' },
      'no region of ES in ISO 3166-2 has this code or name; one of them is ES-AN (Andalucía)',
    ],
    [{ country: 'ES', region: 'US-CA' }, 'a region of another country than ES'],
    [{ country: 'Hong Kong', region: 'Kowloon' }, 'ISO 3166-2 has no regions of HK'],
  ])('of %j the region is left out, and what is understood is said', (stated, message) => {
    const { changes } = readFields(stated, WHEN)
    const { profile, dropped } = applyChanges(emptyProfile(NOW), changes, { at: NOW, timeZone: 'UTC' })
    expect(dropped).toEqual([{ field: 'region', message }])
    expect(profile).toMatchObject({ region: '', country: changes.country ?? '' })
  })
})

describe('traits of identify', () => {
  it('take the documented names, and keep all others as they are', () => {
    const { changes } = readTraits(
      { birthday: '1990-01-01', state: 'CA', country: 'US', company: { name: 'X' }, address: 'Elm 1', id: 7 },
      WHEN,
    )
    expect(changes).toEqual({
      birthDate: '1990-01-01',
      region: 'CA',
      country: 'US',
      traits: { company: { name: 'X' }, address: 'Elm 1', id: 7 },
    })
  })

  it('take the address over loose places, and the first of two names for one field', () => {
    const { changes } = readTraits(
      {
        city: 'Loose',
        address: { city: 'Bound', state: 'CA' },
        birthday: '1990-01-01',
        birthDate: '1980-01-01',
      },
      WHEN,
    )
    expect(changes).toEqual({ city: 'Bound', region: 'CA', birthDate: '1990-01-01' })
  })
})
