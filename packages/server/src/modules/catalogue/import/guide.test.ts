import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { recordsBackends } from '../../../../test/records.ts'
import { openTestCatalogue, type TestCatalogue } from '../catalogue.fixture.ts'

const GUIDE = readFileSync(
  new URL('../../../../../../docs/guides/catalogue-import.md', import.meta.url),
  'utf8',
)

/** The file that the guide shows in a language; each is there once. */
function shown(language: string): string {
  const blocks = [...GUIDE.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter(([, name]) => name === language)
  expect(blocks).toHaveLength(1)
  return blocks[0]![2]!
}

describe.each(recordsBackends())('the guide to imports, followed on %s records', (backend) => {
  let world: TestCatalogue

  beforeAll(async () => {
    world = await openTestCatalogue(backend)
  })
  afterAll(() => world?.close())
  beforeEach(() => world.empty())

  it.each([
    ['csv', 'csv', ['third-man', 'show', 'show-1', 'show-1-1', 'one']],
    ['json', 'json', ['third-man', 'one']],
    ['mrss', 'xml', ['third-man']],
  ])('its %s file is taken whole, and twice changes nothing', async (format, language, ids) => {
    const file = shown(language)
    const { body } = await world.upload(format, file)
    expect(body.rows.map(({ id, outcome, errors }) => [id, outcome, errors])).toEqual(
      ids.map((id) => [id, 'created', undefined]),
    )
    expect(body.unknownColumns).toEqual([])
    expect((await world.upload(format, file)).body).toMatchObject({ unchanged: ids.length, refused: 0 })
  })

  it('its channel is a channel, and its film the film', async () => {
    await world.upload('csv', shown('csv'))
    expect((await world.call('GET', '/v1/channels/one')).body).toMatchObject({
      name: 'Channel One',
      number: 1,
      categories: ['News'],
    })
    expect((await world.call('GET', '/v1/titles/third-man')).body).toMatchObject({
      durationMs: 6_240_000,
      ageRating: { scheme: 'FSK', value: '12', minimumAge: 12 },
      localised: { es: { name: 'El tercer hombre', synopsis: null } },
    })
  })

  it('a channel that fills a column of titles is refused by that column, the others are taken', async () => {
    const { body } = await world.upload(
      'csv',
      'id,kind,name,Parent ID,duration,people,release_year\none,channel,One,show,1:00,A (host),2020\ntwo,channel,Two,,,,\n',
    )
    expect(body.rows).toMatchObject([
      { id: 'one', outcome: 'refused' },
      { id: 'two', outcome: 'created' },
    ])
    expect(body.rows[0]!.errors!.map(({ field }) => field).sort()).toEqual([
      'Parent ID',
      'duration',
      'people',
      'release_year',
    ])
  })

  it('null for what only titles have is no fault of a channel in JSON', async () => {
    const channels = [{ id: 'one', name: 'One', durationMs: null, people: [] }]
    expect((await world.upload('json', JSON.stringify({ channels }))).body).toMatchObject({ created: 1 })
  })
})
