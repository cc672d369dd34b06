import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ROLES, type Title } from '@foyer/contracts'
import { recordsBackends } from '../../../test/records.ts'
import { FILM as film, openTestCatalogue, type TestCatalogue } from './catalogue.fixture.ts'

describe.each(recordsBackends())('the catalogue on %s records', (backend) => {
  let world: TestCatalogue

  beforeAll(async () => {
    world = await openTestCatalogue(backend)
  })
  afterAll(() => world?.close())
  beforeEach(() => world.empty())

  it('reads back every field that was written, and writing it again changes nothing', async () => {
    const created = await world.call('PUT', '/v1/titles/third-man', film)
    expect(created.status).toBe(201)
    const expected = {
      ...film,
      id: 'third-man',
      parentId: null,
      number: null,
      releaseYear: 1949,
      people: [{ ...film.people[0], character: null }, film.people[1]],
      windows: [{ from: '2025-12-31T23:00:00.000Z', to: null, platform: 'web' }],
      localised: { de: { name: 'Der dritte Mann', synopsis: null } },
      createdAt: '2026-05-01T12:00:00.000Z',
      updatedAt: '2026-05-01T12:00:00.000Z',
      deletedAt: null,
    }
    expect(created.body).toEqual(expected)
    world.clock.advance(1_000)
    expect(await world.call('PUT', '/v1/titles/third-man', film)).toEqual({ status: 200, body: expected })
    expect((await world.call('GET', '/v1/titles/third-man')).body).toEqual(expected)
    expect(world.trail.map(({ action, object }) => [action, object])).toEqual([
      ['title.created', 'third-man'],
    ])
  })

  it('patches what is named, clears what is null, and PUT clears what is left out', async () => {
    await world.call('POST', '/v1/titles', { id: 'm', ...film })
    const patched = await world.call('PATCH', '/v1/titles/m', { synopsis: null, categories: ['Classic'] })
    expect(patched.body).toMatchObject({
      name: film.name,
      synopsis: null,
      categories: ['Classic'],
      language: 'en',
    })
    expect(world.trail.at(-1)).toMatchObject({
      action: 'title.updated',
      details: { fields: ['synopsis', 'categories'] },
    })
    const replaced = await world.call('PUT', '/v1/titles/m', { kind: 'audio', name: 'Zither' })
    expect(replaced.body).toMatchObject({
      kind: 'audio',
      people: [],
      windows: [],
      localised: {},
      rights: null,
    })
  })

  it('refuses with the field and the reason, and changes nothing', async () => {
    const bad = await world.call('PUT', '/v1/titles/m', {
      kind: 'film',
      name: '',
      windows: [{ from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }],
      colour: 'red',
    })
    expect(bad.status).toBe(400)
    const { code, errors } = bad.body as {
      code: string
      errors: { field: string; message: string }[]
    }
    expect(code).toBe('request.invalid')
    expect(errors.map(({ field }) => field).sort()).toEqual([
      'body.colour',
      'body.kind',
      'body.name',
      'body.windows.0.to',
    ])
    expect((await world.call('GET', '/v1/titles/m')).status).toBe(404)
    expect(world.trail).toEqual([])
  })

  it.each([
    ['releaseDate', { releaseDate: '0000-01-01' }, 'body.releaseDate'],
    [
      'a window that begins in year 0',
      { windows: [{ from: '0000-06-01T00:00:00Z', to: null }] },
      'body.windows.0.from',
    ],
    [
      'a window whose zone takes it out of year 9999',
      { windows: [{ from: null, to: '9999-12-31T23:59:59-10:00' }] },
      'body.windows.0.to',
    ],
    [
      'a window whose zone takes it out of year 1000',
      { windows: [{ from: '1000-01-01T00:00:00+01:00', to: null }] },
      'body.windows.0.from',
    ],
  ])('refuses what no calendar of the store has: %s', async (_, fields, field) => {
    const { status, body } = await world.call('POST', '/v1/titles', {
      id: 'm',
      kind: 'movie',
      name: 'M',
      ...fields,
    })
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { code: 'request.invalid', errors: [{ field }] },
    })
    expect((await world.call('GET', '/v1/titles/m')).status).toBe(404)
  })

  it('takes the first and the last day that a store has', async () => {
    const windows = [{ from: '1000-01-01T00:00:00.000Z', to: '9999-12-31T23:59:59.999Z', platform: null }]
    const first = { kind: 'movie', name: 'M', releaseDate: '0001-01-01', releaseYear: 1900, windows }
    await world.call('PUT', '/v1/titles/m', first)
    expect((await world.call('GET', '/v1/titles/m')).body).toMatchObject(first)
    expect((await world.call('PATCH', '/v1/titles/m', { releaseDate: '9999-12-31' })).status).toBe(200)
  })

  it.each([
    'q=a%00b',
    'category=%00',
    'parentId=%00',
    'cursor=%00',
    `cursor=${Buffer.from('["a\\u0000","b"]').toString('base64url')}`,
    `cursor=${Buffer.from('["a","b\\u0000"]').toString('base64url')}`,
  ])('refuses control characters in a question: %s', async (query) => {
    expect(await world.call('GET', `/v1/titles?${query}`)).toMatchObject({
      status: 400,
      body: { code: 'request.invalid' },
    })
  })

  it('keeps a parent that is in use, and the name of what was deleted', async () => {
    await world.call('PUT', '/v1/titles/show', { kind: 'series', name: 'Show' })
    await world.call('PUT', '/v1/titles/show-1', { kind: 'season', name: 'One', parentId: 'show', number: 1 })
    await world.call('PUT', '/v1/titles/show-1-1', {
      kind: 'episode',
      name: 'Pilot',
      parentId: 'show-1',
      number: 1,
    })
    expect(await world.call('DELETE', '/v1/titles/show')).toMatchObject({
      status: 409,
      body: { code: 'title.in_use' },
    })
    expect(await world.call('DELETE', '/v1/titles/show-1-1')).toEqual({ status: 204, body: null })
    expect((await world.call('GET', '/v1/titles/show-1-1')).status).toBe(404)
    expect(await world.call('DELETE', '/v1/titles/show-1-1')).toMatchObject({ status: 404 })
    expect(await world.catalogue.namesOf(['show-1-1', 'show', 'never'])).toEqual(
      new Map([
        ['show-1-1', { name: 'Pilot', type: 'episode', isDeleted: true }],
        ['show', { name: 'Show', type: 'series', isDeleted: false }],
      ]),
    )
    const list = await world.call('GET', '/v1/titles?includeDeleted=true&kind=episode')
    expect((list.body as { items: Title[] }).items.map(({ id }) => id)).toEqual(['show-1-1'])
  })

  it('does not take a title for a channel', async () => {
    await world.call('PUT', '/v1/channels/one', { name: 'One', number: 1, categories: ['News'] })
    expect(await world.call('GET', '/v1/titles/one')).toMatchObject({
      status: 404,
      body: { code: 'title.not_found' },
    })
    expect(await world.call('PUT', '/v1/titles/one', { kind: 'movie', name: 'x' })).toMatchObject({
      status: 409,
    })
    const read = await world.call('GET', '/v1/channels/one')
    expect(read.body).toMatchObject({ id: 'one', name: 'One', number: 1 })
    expect(Object.keys(read.body as object)).not.toContain('durationMs')
    expect(await world.call('PUT', '/v1/channels/two', { name: 'Two', durationMs: 5 })).toMatchObject({
      status: 400,
    })
  })

  it('counts titles of every kind and channels apart, and nothing that was deleted', async () => {
    expect(await world.catalogue.count()).toEqual({ titles: 0, channels: 0 })
    await world.call('PUT', '/v1/titles/film', { kind: 'movie', name: 'Film' })
    await world.call('PUT', '/v1/titles/show', { kind: 'series', name: 'Show' })
    await world.call('PUT', '/v1/titles/gone', { kind: 'audio', name: 'Gone' })
    await world.call('PUT', '/v1/channels/one', { name: 'One' })
    await world.call('DELETE', '/v1/titles/gone')
    expect(await world.catalogue.count()).toEqual({ titles: 2, channels: 1 })
  })

  it('tells what came within a time and can be played, the newest first, and what was deleted not', async () => {
    const noon = world.clock.now()
    await world.call('PUT', '/v1/titles/before', { kind: 'movie', name: 'Before' })
    world.clock.advance(1_000)
    await world.call('PUT', '/v1/titles/first', { kind: 'movie', name: 'First' })
    await world.call('PUT', '/v1/titles/show', { kind: 'series', name: 'Show' })
    await world.call('PUT', '/v1/titles/gone', { kind: 'audio', name: 'Gone' })
    await world.call('DELETE', '/v1/titles/gone')
    world.clock.advance(1_000)
    await world.call('PUT', '/v1/channels/second', { name: 'Second' })
    world.clock.advance(1_000)
    await world.call('PUT', '/v1/titles/after', { kind: 'movie', name: 'After' })
    // Changed since, not added since.
    await world.call('PATCH', '/v1/titles/before', { name: 'Before, again' })
    const time = { start: noon + 1_000, end: noon + 3_000 }
    expect(await world.catalogue.addedBetween(time, 10)).toEqual({
      total: 2,
      items: [
        { id: 'second', kind: 'channel', name: 'Second', addedAt: noon + 2_000 },
        { id: 'first', kind: 'movie', name: 'First', addedAt: noon + 1_000 },
      ],
    })
    expect(await world.catalogue.addedBetween(time, 1)).toMatchObject({ total: 2, items: [{ id: 'second' }] })
  })

  it('lists by name, filters, and comes to the end of its pages once', async () => {
    for (const [index, name] of ['b_d', 'a', 'B%', 'a', 'Éa'].entries()) {
      await world.call('PUT', `/v1/titles/t${index}`, {
        kind: index === 1 ? 'audio' : 'movie',
        name,
        categories: index < 2 ? ['x', 'y'] : ['y'],
      })
    }
    const ids: string[] = []
    let next: string | null = ''
    while (next !== null) {
      const page = await world.call('GET', `/v1/titles?limit=2${next === '' ? '' : `&cursor=${next}`}`)
      const body = page.body as { items: Title[]; next: string | null }
      expect(body.items.length).toBeLessThanOrEqual(2)
      ids.push(...body.items.map(({ id }) => id))
      next = body.next
    }
    expect([...ids].sort()).toEqual(['t0', 't1', 't2', 't3', 't4'])
    const filtered = async (query: string) =>
      ((await world.call('GET', `/v1/titles?${query}`)).body as { items: Title[] }).items
        .map(({ id }) => id)
        .sort()
    expect(await filtered('category=x')).toEqual(['t0', 't1'])
    expect(await filtered('kind=audio')).toEqual(['t1'])
    expect(await filtered('q=b')).toEqual(['t0', 't2'])
    expect(await filtered('q=%25')).toEqual(['t2'])
    expect(await filtered('q=_')).toEqual(['t0'])
    expect((await world.call('GET', '/v1/titles?cursor=nonsense')).status).toBe(400)
    expect((await world.call('GET', '/v1/categories')).body).toEqual({
      items: [
        { category: 'y', titles: 5 },
        { category: 'x', titles: 2 },
      ],
    })
  })

  it('lets an analyst read and not write', async () => {
    world.actAs(ROLES.analyst)
    expect((await world.call('GET', '/v1/titles')).status).toBe(200)
    for (const [method, url] of [
      ['PUT', '/v1/titles/m'],
      ['POST', '/v1/titles'],
      ['PATCH', '/v1/titles/m'],
      ['DELETE', '/v1/titles/m'],
      ['PUT', '/v1/channels/c'],
      ['POST', '/v1/catalogue/import?format=csv'],
    ] as const) {
      expect((await world.call(method, url, { name: 'x' })).status).toBe(403)
    }
  })

  it('answers the recorder from memory, at most two seconds behind', async () => {
    await world.call('PUT', '/v1/titles/m', { kind: 'movie', name: 'Before' })
    await world.call('PUT', '/v1/channels/c', { name: 'One' })
    const lookup = await world.catalogue.startLookup()
    try {
      expect(lookup.titleInfo('m')).toEqual({ id: 'm', kind: 'vod', type: 'movie', name: 'Before' })
      expect(lookup.titleInfo('c')).toEqual({ id: 'c', kind: 'live', type: 'channel', name: 'One' })
      expect(lookup.titleInfo('new')).toBeUndefined()
      await world.call('PATCH', '/v1/titles/m', { name: 'After' })
      await world.call('PUT', '/v1/titles/new', { kind: 'audio', name: 'New' })
      await world.call('DELETE', '/v1/channels/c')
      world.clock.advance(2_000)
      await expect.poll(() => lookup.titleInfo('new')?.name).toBe('New')
      expect(lookup.titleInfo('m')!.name).toBe('After')
      expect(lookup.titleInfo('c')!.name).toBe('One')
    } finally {
      lookup.stop()
    }
  })

  it('changes nothing that the trail cannot take', async () => {
    await world.call('PUT', '/v1/titles/kept', { ...film, name: 'Kept' })
    const push = vi.spyOn(world.trail, 'push').mockImplementation(() => {
      throw new Error('the trail is away')
    })
    expect((await world.call('PUT', '/v1/titles/new', film)).status).toBe(500)
    expect((await world.call('PATCH', '/v1/titles/kept', { name: 'Lost' })).status).toBe(500)
    expect((await world.call('DELETE', '/v1/titles/kept')).status).toBe(500)
    expect((await world.upload('csv', 'id,type,name\nrow,movie,Row\n')).status).toBe(500)
    push.mockRestore()
    for (const id of ['new', 'row']) expect((await world.call('GET', `/v1/titles/${id}`)).status).toBe(404)
    expect((await world.call('GET', '/v1/titles/kept')).body).toMatchObject({ name: 'Kept' })
  })

  it('lets writers that come at once all be right', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        world.call('PUT', `/v1/titles/t${index % 5}`, { kind: 'movie', name: `Name ${index}` }),
      ),
    )
    const lookup = await world.catalogue.startLookup()
    lookup.stop()
    for (let index = 0; index < 5; index++) {
      const { body } = await world.call('GET', `/v1/titles/t${index}`)
      expect(lookup.titleInfo(`t${index}`)!.name).toBe((body as Title).name)
    }
  })
})
