import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Title } from '@foyer/contracts'
import { decideChanges, type Change, type World } from './decide.ts'
import { emptyItem, hasSameContent, writtenItem, type ItemKind } from './item.ts'
import { isAvailable, PARENT_KINDS, type Availability } from './rules.ts'

const AT = '2026-05-01T00:00:00.000Z'
const anywhere: Availability = { windows: [], rights: null, deletedAt: null }
const day = (name: string) => Date.parse(`${name}T00:00:00Z`)
const window = (
  from: string | null,
  to: string | null,
  platform: Title['windows'][number]['platform'] = null,
) => ({
  from: from === null ? null : `${from}T00:00:00.000Z`,
  to: to === null ? null : `${to}T00:00:00.000Z`,
  platform,
})

describe('isAvailable', () => {
  it('opens a window at its first millisecond and shuts it just before its last', () => {
    const title = { ...anywhere, windows: [window('2026-05-01', '2026-06-01')] }
    expect(isAvailable(title, { at: day('2026-05-01') - 1 })).toBe(false)
    expect(isAvailable(title, { at: day('2026-05-01') })).toBe(true)
    expect(isAvailable(title, { at: day('2026-06-01') - 1 })).toBe(true)
    expect(isAvailable(title, { at: day('2026-06-01') })).toBe(false)
  })

  it('keeps a window of one platform from the others and from who does not say', () => {
    const title = { ...anywhere, windows: [window(null, null, 'tizen')] }
    expect(isAvailable(title, { at: 0, platform: 'tizen' })).toBe(true)
    expect(isAvailable(title, { at: 0, platform: 'web' })).toBe(false)
    expect(isAvailable(title, { at: 0 })).toBe(false)
  })

  it('plays only where rights allow, and nowhere that is not known', () => {
    const allowed = { ...anywhere, rights: { mode: 'allow' as const, countries: ['ES', 'PT'] } }
    const denied = { ...anywhere, rights: { mode: 'deny' as const, countries: ['FR'] } }
    expect(['ES', 'PT', 'FR'].map((country) => isAvailable(allowed, { at: 0, country }))).toEqual([
      true,
      true,
      false,
    ])
    expect(isAvailable(denied, { at: 0, country: 'FR' })).toBe(false)
    expect(isAvailable(denied, { at: 0, country: 'ES' })).toBe(true)
    for (const title of [allowed, denied]) {
      expect(isAvailable(title, { at: 0 })).toBe(false)
      expect(isAvailable(title, { at: 0, country: '' })).toBe(false)
    }
  })

  it('binds an episode to its series, and plays nothing that was deleted', () => {
    const series = { ...anywhere, rights: { mode: 'deny' as const, countries: ['FR'] } }
    expect(isAvailable([anywhere, series], { at: 0, country: 'FR' })).toBe(false)
    expect(isAvailable([anywhere, series], { at: 0, country: 'ES' })).toBe(true)
    expect(isAvailable({ ...anywhere, deletedAt: AT }, { at: 0 })).toBe(false)
  })

  it('is never narrowed by a further window, nor widened by a further ancestor', () => {
    const time = fc.integer({ min: 0, max: 20 })
    const aWindow = fc.tuple(time, time).map(([from, length]) => ({
      from: new Date(from).toISOString(),
      to: new Date(from + length + 1).toISOString(),
      platform: null,
    }))
    fc.assert(
      fc.property(fc.array(aWindow, { minLength: 1 }), aWindow, time, (windows, more, at) => {
        const title = { ...anywhere, windows }
        const wider = { ...anywhere, windows: [...windows, more] }
        if (isAvailable(title, { at })) expect(isAvailable(wider, { at })).toBe(true)
        const other = { ...anywhere, windows: [more] }
        expect(isAvailable([title, other], { at })).toBe(
          isAvailable(title, { at }) && isAvailable(other, { at }),
        )
      }),
    )
  })
})

describe('decideChanges', () => {
  const empty = (): World => ({ items: new Map(), children: new Map() })
  const change = (id: string, fields: Change['fields'], mode: Change['mode'] = 'merge'): Change => ({
    id,
    mode,
    family: fields.kind === 'channel' ? 'channel' : 'title',
    fields,
  })

  it('never lets a hierarchy that is wrong come about, whatever is asked for in whatever order', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd')
    const kind = fc.constantFrom<ItemKind>('movie', 'series', 'season', 'episode', 'audio', 'channel')
    const asked = fc.record({
      id,
      mode: fc.constantFrom<Change['mode']>('create', 'replace', 'update', 'merge', 'delete'),
      kind: fc.option(kind, { nil: undefined }),
      parentId: fc.option(fc.option(id), { nil: undefined }),
    })
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 30 }), (list) => {
        const world = empty()
        const changes = list.map(({ id, mode, kind, parentId }) =>
          change(id, { kind, parentId, name: id }, mode),
        )
        decideChanges(changes, world, AT)
        for (const item of world.items.values()) {
          if (item.deletedAt !== null) continue
          if (item.parentId === null) {
            expect(item.kind).not.toBe('season')
            continue
          }
          const parent = world.items.get(item.parentId)
          expect(parent?.deletedAt).toBeNull()
          expect(PARENT_KINDS[item.kind]).toContain(parent!.kind)
          let steps = 0
          for (let at = item; at.parentId !== null; at = world.items.get(at.parentId)!) {
            steps += 1
            expect(steps).toBeLessThanOrEqual(2)
          }
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('answers unchanged to what was just written', () => {
    const world = empty()
    const asked = change('m', {
      kind: 'movie',
      name: 'A film',
      releaseDate: '2020-02-29',
      windows: [{ from: '2026-01-01T01:00:00+01:00', to: null }],
      localised: { es: { name: 'Una película' }, de: {} },
      rights: { mode: 'allow', countries: ['PT', 'ES', 'PT'] },
    })
    expect(decideChanges([asked, asked], world, AT).map(({ outcome }) => outcome)).toEqual([
      'created',
      'unchanged',
    ])
    expect(world.items.get('m')).toMatchObject({
      releaseYear: 2020,
      windows: [{ from: '2026-01-01T00:00:00.000Z', to: null, platform: null }],
      localised: { es: { name: 'Una película', synopsis: null } },
      rights: { mode: 'allow', countries: ['ES', 'PT'] },
    })
  })

  it.each([
    [
      'a season without a series',
      change('s', { kind: 'season', name: 's' }),
      'title.parent_invalid',
      'parentId',
    ],
    [
      'a parent that is not there',
      change('e', { kind: 'episode', name: 'e', parentId: 'x' }),
      'title.parent_invalid',
      'parentId',
    ],
    [
      'itself as a parent',
      change('e', { kind: 'episode', name: 'e', parentId: 'e' }),
      'title.parent_invalid',
      'parentId',
    ],
    [
      'a movie of a series',
      change('m', { kind: 'movie', name: 'm', parentId: 'series' }),
      'title.parent_invalid',
      'parentId',
    ],
    ['a name that is missing', change('m', { kind: 'movie' }), 'request.invalid', 'name'],
    ['a kind that is missing', change('m', { name: 'm' }), 'request.invalid', 'kind'],
    [
      'a country that is none',
      change('m', { kind: 'movie', name: 'm', rights: { mode: 'deny', countries: ['QQ'] } }),
      'request.invalid',
      'rights.countries',
    ],
    [
      'credits after the end',
      change('m', { kind: 'movie', name: 'm', durationMs: 1, creditsStartMs: 2 }),
      'request.invalid',
      'creditsStartMs',
    ],
    ['a channel with a title’s id', change('series', { kind: 'channel', name: 'c' }), 'channel.exists', 'id'],
    ['a series with episodes made a movie', change('series', { kind: 'movie' }), 'title.in_use', 'kind'],
    ['a series with episodes deleted', change('series', {}, 'delete'), 'title.in_use', 'id'],
    ['an update of nothing', change('x', { name: 'x' }, 'update'), 'title.not_found', 'id'],
    ['a second creation', change('series', { kind: 'series', name: 'x' }, 'create'), 'title.exists', 'id'],
  ] as const)('refuses %s', (_what, asked, code, field) => {
    const world = empty()
    const setting = [
      change('series', { kind: 'series', name: 'Series' }),
      change('episode', { kind: 'episode', name: 'Episode', parentId: 'series' }),
    ]
    const [, , decision] = decideChanges([...setting, asked], world, AT)
    expect(decision).toMatchObject({ outcome: 'refused', code, errors: [{ field }] })
  })

  it('deletes a series once its episodes are gone, and begins anew under the id', () => {
    const world = empty()
    const outcomes = decideChanges(
      [
        change('series', { kind: 'series', name: 'Series', synopsis: 'Long.' }),
        change('episode', { kind: 'episode', name: 'Episode', parentId: 'series' }),
        change('episode', {}, 'delete'),
        change('series', {}, 'delete'),
        change('series', { name: 'x' }, 'update'),
        change('series', { kind: 'movie', name: 'A film' }),
      ],
      world,
      AT,
    ).map(({ outcome }) => outcome)
    expect(outcomes).toEqual(['created', 'created', 'deleted', 'deleted', 'refused', 'created'])
    expect(world.items.get('series')).toMatchObject({ kind: 'movie', synopsis: null, deletedAt: null })
  })
})

describe('writtenItem', () => {
  it('lets a year that came from the date follow it, and one that was given stay', () => {
    const write = (fields: Change['fields'], before = emptyItem('m', AT)) =>
      writtenItem('m', fields, before, AT)
    const derived = write({ name: 'm', releaseDate: '1995-01-01' })
    expect(derived.releaseYear).toBe(1995)
    expect(write({ releaseDate: '1996-01-01' }, derived).releaseYear).toBe(1996)
    const given = write({ releaseYear: 1994 }, derived)
    expect(write({ releaseDate: '1996-01-01' }, given).releaseYear).toBe(1994)
    expect(hasSameContent(write({ releaseDate: null }, derived), write({ name: 'm' }))).toBe(true)
  })
})
