import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { withRealInput } from '../../../test/real-inputs.ts'
import { stateByRange } from '../../../test/zip-ranges.ts'
import { openTestCatalogue, type TestCatalogue } from '../../modules/catalogue/catalogue.fixture.ts'
import { Problem, StartupError } from '../../platform/errors.ts'
import { openImportWorld, type ImportWorld } from './import.fixture.ts'
import { JOURNAL_RETRY_MS } from './import-run.ts'
import { importMovieLens, type MovieLensReport } from './movielens.ts'
import { nameAndYear } from './movielens-files.ts'

/** In a small set. */
const RATINGS = 5_000
const target = { service: 'cinema', app: 'cinema-web' }

const real = withRealInput('ml-100k')
real.describe('importing MovieLens 100K', () => {
  let catalogue: TestCatalogue
  let world: ImportWorld
  let report: MovieLensReport
  const { folder } = real
  const copies: string[] = []

  beforeAll(async () => {
    catalogue = await openTestCatalogue('embedded')
    world = openImportWorld(catalogue.catalogue)
    report = await importMovieLens(world.deps, { ...target, folder })
  })
  afterAll(() => catalogue?.close())
  afterEach(() => {
    for (const copy of copies.splice(0)) rmSync(copy, { recursive: true, force: true })
  })

  /** A copy of the set with the first 5,000 ratings, in which one file reads otherwise. */
  function smallSet(file = 'u.info', change: (text: string) => string | null = () => null): string {
    const copy = mkdtempSync(join(tmpdir(), 'foyer-movielens-'))
    copies.push(copy)
    for (const name of ['u.user', 'u.item', 'u.genre', 'u.data', 'u.info']) {
      const text = readFileSync(join(folder, name), 'latin1')
      const kept = name === 'u.data' ? `${text.split('\n').slice(0, RATINGS).join('\n')}\n` : text
      const changed = name === file ? change(kept) : kept
      if (changed !== null) writeFileSync(join(copy, name), changed, 'latin1')
    }
    return copy
  }

  const unread = { importRows: async () => [] }
  /** Imports a set into a world of its own, without its titles. */
  async function importInto(apart: ImportWorld, set: string): Promise<MovieLensReport> {
    return importMovieLens(apart.deps, { ...target, folder: set })
  }

  it.each([
    [{ ...target, service: 'nope' }, 'There is no service "nope"'],
    [{ ...target, app: 'movielens-import' }, 'There is no app "movielens-import"'],
  ])('refuses %j before it reads anything', async (elsewhere, said) => {
    const apart = openImportWorld(unread)
    await expect(importMovieLens(apart.deps, { ...elsewhere, folder: smallSet() })).rejects.toThrow(said)
    expect(apart.viewers.size).toBe(0)
  })

  it('takes every viewer, title and rating', async () => {
    expect(report).toMatchObject({
      titles: { created: 1682, updated: 0, unchanged: 0, refused: 0 },
      viewers: { created: 943, updated: 0, unchanged: 0, refused: 0 },
      ratings: { read: 100_000, sent: 100_000, refused: 0 },
      refused: 0,
      faults: [],
      warnings: [],
    })
    expect(world.viewers.size).toBe(943)
    expect(world.events.size).toBe(100_000)
    const sum = [...world.events.values()].reduce(
      (total, { properties }) => total + Number(properties!['rating']),
      0,
    )
    expect(sum).toBe(352_986)
    expect(new Set([...world.events.values()].map(({ vid }) => vid)).size).toBe(943)
    expect(Math.max(...world.entries.map(({ rows }) => rows.length))).toBe(1_000)
  })

  it('knows 670 men and 273 women, at their ages, registered when they first rated', () => {
    const genders = [...world.viewers.values()].map(({ gender }) => gender)
    expect(genders.filter((gender) => gender === 'male')).toHaveLength(670)
    expect(genders.filter((gender) => gender === 'female')).toHaveLength(273)
    const first = new Map<string, number>()
    for (const line of readFileSync(join(folder, 'u.data'), 'utf8').trim().split('\n')) {
      const [user, , , seconds] = line.split('\t').map(Number) as [number, number, number, number]
      first.set(`ml-100k-${user}`, Math.min(first.get(`ml-100k-${user}`) ?? Infinity, seconds * 1000))
    }
    for (const [id, viewer] of world.viewers) expect(viewer.registeredAt).toBe(first.get(id))
    expect(world.viewers.get('ml-100k-1')).toMatchObject({
      ageAtRegistration: 24,
      country: 'US',
      region: 'US-AZ',
      traits: { occupation: 'technician', postalCode: '85711' },
    })
    expect(world.events.get('ml-100k-rating-196-242')).toMatchObject({
      ts: 881_250_949_000,
      type: 'rating',
      contentId: 'ml-100k-242',
      properties: { rating: 3 },
    })
  })

  it('finds the states that the ranges of whole ZIP codes give', () => {
    const expected = new Map<string, number>()
    let canadians = 0
    let unknown = 0
    for (const line of readFileSync(join(folder, 'u.user'), 'utf8').trim().split('\n')) {
      const zip = line.split('|')[4]!
      const state = stateByRange(zip)
      if (/^[A-Z]/.test(zip)) canadians += 1
      else if (zip === '00000') unknown += 1
      else expected.set(state ?? '?', (expected.get(state ?? '?') ?? 0) + 1)
    }
    const found = new Map<string, number>()
    for (const { country, region } of world.viewers.values()) {
      if (country !== 'US') continue
      const state = region === undefined ? 'military' : String(region).slice(3)
      found.set(state, (found.get(state) ?? 0) + 1)
    }
    expect(Object.fromEntries([...found].sort())).toEqual(Object.fromEntries([...expected].sort()))
    expect(canadians).toBe(18)
    expect([...world.viewers.values()].filter(({ country }) => country === 'CA')).toHaveLength(18)
    expect(report.viewersWithoutPlace).toBe(unknown)
    expect(unknown).toBe(2)
    expect(found.get('MN')).toBe(78)
    expect(found.get('CA')).toBe(118)
  })

  it('keeps titles with names, years, dates and genres', async () => {
    const read = async (id: string) => (await catalogue.call('GET', `/v1/titles/ml-100k-${id}`)).body
    expect(await read('1')).toMatchObject({
      kind: 'movie',
      name: 'Toy Story',
      releaseYear: 1995,
      releaseDate: '1995-01-01',
      categories: ['Animation', "Children's", 'Comedy'],
    })
    expect(await read('543')).toMatchObject({ name: 'Misérables, Les' })
    expect(await read('10')).toMatchObject({
      name: 'Richard III',
      releaseYear: 1995,
      releaseDate: '1996-01-22',
    })
    expect(await read('267')).toMatchObject({
      name: 'unknown',
      releaseYear: null,
      releaseDate: null,
      categories: [],
    })
    const { body } = await catalogue.call('GET', '/v1/categories')
    const counts = new Map(
      (body as { items: { category: string; titles: number }[] }).items.map(({ category, titles }) => [
        category,
        titles,
      ]),
    )
    expect(counts.size).toBe(18)
    expect(counts.get('Drama')).toBe(725)
  })

  it('tells its progress to the end of each phase', () => {
    for (const [phase, total] of [
      ['titles', 1682],
      ['viewers', 943],
      ['events', 100_000],
    ] as const) {
      const told = world.progress.filter((progress) => progress.phase === phase)
      expect(told.at(-1)).toMatchObject({ done: total, total })
      expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).toSorted((a, b) => a - b))
    }
  })

  it('adds nothing when it is imported again', async () => {
    const again = await importMovieLens(world.deps, { ...target, folder })
    expect(again).toMatchObject({
      titles: { created: 0, updated: 0, unchanged: 1682 },
      viewers: { created: 0, unchanged: 943 },
      refused: 0,
    })
    expect(world.events.size).toBe(100_000)
    expect(world.viewers.size).toBe(943)
  })

  it('goes on where it was interrupted', async () => {
    const abort = new AbortController()
    const set = smallSet()
    const apart = openImportWorld(unread, abort.signal)
    apart.beforeAppend = () => {
      if (apart.entries.length === 2) abort.abort()
    }
    await expect(importInto(apart, set)).rejects.toThrow()
    const before = apart.entries.length
    expect(before).toBeGreaterThanOrEqual(2)
    expect(apart.state).toMatchObject({ events: before * 1_000 })

    const next = openImportWorld(unread)
    next.state = apart.state
    const resumed = await importInto(next, set)
    expect(resumed.ratings).toMatchObject({ read: RATINGS, sent: RATINGS - before * 1_000 })
    expect(new Set([...apart.events.keys(), ...next.events.keys()]).size).toBe(RATINGS)
    expect(next.state).toBeNull()
  })

  it('waits for a full journal by the clock and loses nothing', async () => {
    const apart = openImportWorld(unread)
    let refusals = 3
    apart.beforeAppend = () => {
      if (apart.entries.length === 3 && refusals-- > 0) throw new Problem('journal.full')
    }
    const importing = importInto(apart, smallSet())
    for (let waits = 1; waits <= 3; waits++) {
      await expect
        .poll(() => apart.progress.filter(({ isWaiting }) => isWaiting).length, { timeout: 30_000 })
        .toBe(waits)
      expect(apart.entries).toHaveLength(3)
      apart.clock.advance(JOURNAL_RETRY_MS)
    }
    await importing
    expect(apart.events.size).toBe(RATINGS)
  })

  it('does not hide a journal that fails', async () => {
    const apart = openImportWorld(unread)
    apart.beforeAppend = () => {
      throw new Problem('journal.write_failed')
    }
    await expect(importInto(apart, smallSet())).rejects.toMatchObject({ code: 'journal.write_failed' })
  })

  it('says that a set was altered, and by how much', async () => {
    const { warnings } = await importInto(
      openImportWorld(unread),
      smallSet('u.info', (text) => text),
    )
    expect(warnings).toEqual([expect.stringMatching(/100000 ratings, and 5000/)])
  })

  it.each([
    [
      'u.user',
      [
        ['7000|200|M|robot|55455', 'age'],
        ['7000|20|Q|robot|55455', 'gender'],
        ['1|20|M|robot|55455', 'twice'],
        ['x|20|M|robot|55455', 'not a number'],
      ],
    ],
    [
      'u.item',
      [
        [`7000|A film (1999)|soon||x${'|0'.repeat(19)}`, 'release date'],
        ['7000|A film (1999)|01-Jan-1999||x|0', 'fields'],
        [`7000|A film (1999)|01-Jan-1999||x${'|2'.repeat(19)}`, 'genre'],
      ],
    ],
    [
      'u.data',
      [
        ['196\t242\t3\t881250949', 'already in line 1'],
        ['9999\t242\t3\t881250949', 'user 9999'],
        ['196\t9999\t3\t881250949', 'item 9999'],
        ['196\t1\t9\t881250949', 'rating 9'],
        ['196\t1\t3\tyesterday', 'time'],
      ],
    ],
  ] as const)('refuses rows of %s by their lines and takes the others', async (file, rows) => {
    let lines = 0
    const set = smallSet(file, (text) => {
      lines = text.trimEnd().split('\n').length
      return `${text.trimEnd()}\n${rows.map(([row]) => row).join('\n')}\n`
    })
    const apart = openImportWorld(unread)
    const { faults, refused } = await importInto(apart, set)
    expect(refused).toBe(rows.length)
    expect(faults).toEqual(
      rows.map(([, reason], index) => ({
        file,
        row: lines + index + 1,
        reason: expect.stringContaining(reason) as string,
      })),
    )
    expect(apart.events.size).toBe(RATINGS)
  })

  it('names the files that are missing and touches nothing', async () => {
    const apart = openImportWorld(unread)
    const set = smallSet('u.item')
    await expect(importInto(apart, set)).rejects.toThrow(StartupError)
    await expect(importInto(apart, set)).rejects.toThrow(/u\.item is missing/)
    expect(apart.viewers.size).toBe(0)
  })

  it.each([
    ['Toy Story (1995)', { name: 'Toy Story', year: 1995 }],
    [
      'Land Before Time III: The Time of the Great Giving (1995) (V)',
      { name: 'Land Before Time III: The Time of the Great Giving', year: 1995 },
    ],
    [
      'Shanghai Triad (Yao a yao yao dao waipo qiao) (1995)',
      { name: 'Shanghai Triad (Yao a yao yao dao waipo qiao)', year: 1995 },
    ],
    ['Two Friends (1986) ', { name: 'Two Friends', year: 1986 }],
    ['unknown', { name: 'unknown', year: null }],
  ])('reads %j as a name and a year', (title, expected) => {
    expect(nameAndYear(title)).toEqual(expected)
  })
})
