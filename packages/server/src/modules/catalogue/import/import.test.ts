import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { recordsBackends } from '../../../../test/records.ts'
import { FILM as film, openTestCatalogue, type TestCatalogue } from '../catalogue.fixture.ts'

describe.each(recordsBackends())('importing files into %s records', (backend) => {
  let world: TestCatalogue

  beforeAll(async () => {
    world = await openTestCatalogue(backend)
  })
  afterAll(() => world?.close())
  beforeEach(() => world.empty())
  const csv = [
    'id;kind;Name;parent_id;Number;duration;categories;people;age scheme;age-value;ageMinimum;countries_denied;available_from;name:de;colour;colour',
    'e1;episode;"Pilot; or ""not""";s1;1;1:02:03,5;Drama|Crime;Ana Gil (director)|Bo (actor: Max);FSK;16;16;FR|DE;2026-01-01;Anfang;red;red',
    's1;season;One;show;1;;;;;;;;;;;',
    'show;series;Misérables;;;;;;;;;;;;;',
    '',
    'bad;movie;;;x;;;;;;;;;;;',
    'orphan;episode;O;nowhere;;;;;;;;;;;;',
    'show;series;Twice;;;;;;;;;;;;;',
    ';movie;No id;;;;;;;;;;;;;',
    'short;movie',
  ].join('\r\n')

  it('takes the rows of a CSV file that are right and says of each other what is wrong, by its line', async () => {
    const { status, body } = await world.upload('csv', Buffer.from(csv, 'latin1'))
    expect(status).toBe(200)
    expect(body).toMatchObject({
      encoding: 'windows-1252',
      created: 3,
      updated: 0,
      unchanged: 0,
      refused: 5,
      unknownColumns: ['colour'],
    })
    expect(body.rows.map(({ row, id, outcome }) => [row, id, outcome])).toEqual([
      [2, 'e1', 'created'],
      [3, 's1', 'created'],
      [4, 'show', 'created'],
      [6, 'bad', 'refused'],
      [7, 'orphan', 'refused'],
      [8, 'show', 'refused'],
      [9, null, 'refused'],
      [10, 'short', 'refused'],
    ])
    expect(body.rows.flatMap(({ errors }) => errors?.map(({ field }) => field) ?? [])).toEqual([
      'Number',
      'parent_id',
      'id',
      'id',
      'row',
    ])
    expect((await world.call('GET', '/v1/titles/e1')).body).toMatchObject({
      name: 'Pilot; or "not"',
      durationMs: 3_723_500,
      categories: ['Drama', 'Crime'],
      people: [
        { name: 'Ana Gil', role: 'director', character: null },
        { name: 'Bo', role: 'actor', character: 'Max' },
      ],
      ageRating: { scheme: 'FSK', value: '16', minimumAge: 16 },
      rights: { mode: 'deny', countries: ['DE', 'FR'] },
      windows: [{ from: '2026-01-01T00:00:00.000Z', to: null, platform: null }],
      localised: { de: { name: 'Anfang', synopsis: null } },
    })
    expect((await world.call('GET', '/v1/titles/show')).body).toMatchObject({ name: 'Misérables' })
    expect(world.trail.at(-1)).toMatchObject({
      action: 'catalogue.imported',
      details: { created: 3, refused: 5 },
    })
  })

  it('changes nothing when the same file comes twice, nor in a dry run', async () => {
    const dry = await world.upload('csv', csv, { query: '&dryRun=true' })
    expect(dry.body).toMatchObject({ isDryRun: true, created: 3, refused: 5 })
    expect((await world.call('GET', '/v1/titles')).body).toMatchObject({ items: [] })
    const first = await world.upload('csv', csv)
    expect(first.body.rows).toEqual(dry.body.rows)
    world.clock.advance(1_000)
    const before = await world.call('GET', '/v1/titles')
    const again = await world.upload('csv', gzipSync(csv), { gzip: true })
    expect(again.body).toMatchObject({ created: 0, updated: 0, unchanged: 3, refused: 5 })
    expect(await world.call('GET', '/v1/titles')).toEqual(before)
  })

  it('refuses days that no store has by their column, takes the other rows, and says so before too', async () => {
    const dates = [
      'id,kind,name,releaseDate,availableFrom,availableTo',
      'zero,movie,Zero,0000-01-01,,',
      'early,movie,Early,,0000-05-05,',
      'late,movie,Late,,,9999-12-31T23:59:59-05:00',
      'good,movie,Good,2024-02-29,1000-01-01,9999-12-31',
    ].join('\n')
    const dry = await world.upload('csv', dates, { query: '&dryRun=true' })
    const { status, body } = await world.upload('csv', dates)
    expect(status).toBe(200)
    expect(body.rows).toEqual(dry.body.rows)
    expect(
      body.rows.map(({ id, outcome, errors }) => [id, outcome, errors?.map(({ field }) => field)]),
    ).toEqual([
      ['zero', 'refused', ['releaseDate']],
      ['early', 'refused', ['availableFrom']],
      ['late', 'refused', ['availableTo']],
      ['good', 'created', undefined],
    ])
  })

  it('leaves what the file has no column for, and clears what it has empty', async () => {
    await world.call('PUT', '/v1/titles/m', film)
    const { body } = await world.upload('csv', '\ufeffid,name,synopsis\nm,New name,\n')
    expect(body.rows).toEqual([{ row: 2, id: 'm', outcome: 'updated' }])
    expect((await world.call('GET', '/v1/titles/m')).body).toMatchObject({
      name: 'New name',
      synopsis: null,
      categories: film.categories,
      kind: 'movie',
    })
  })

  it('names the column that says what is wrong, where several make up a field', async () => {
    const { body } = await world.upload(
      'csv',
      'id,kind,name,duration,countries_allowed,countries_denied\na,movie,A,1:30:00,ZZ,\nb,movie,B,1:75:00,,\n',
    )
    expect(body.rows.flatMap(({ errors }) => errors?.map(({ field }) => field) ?? [])).toEqual([
      'countries_allowed',
      'duration',
    ])
  })

  it('refuses a row whose address RECORDS cannot hold, and takes the others', async () => {
    const titles = ['\ud800', '\u0000', ''].map((odd, index) => ({
      id: `t${index}`,
      kind: 'movie',
      name: 'T',
      images: { poster: `https://x.example/a${odd}b` },
    }))
    const { status, body } = await world.upload('json', JSON.stringify({ titles }))
    expect(status).toBe(200)
    expect(body.rows.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'created'])
  })

  it('keeps the rows before a quote that is never closed', async () => {
    const { body } = await world.upload('csv', 'id,kind,name\na,movie,A\nb,movie,"B\nc,movie,C\n')
    expect(body.rows.map(({ row, outcome }) => [row, outcome])).toEqual([
      [2, 'created'],
      [3, 'refused'],
    ])
  })

  it('takes what the API answers, as JSON, with channels', async () => {
    await world.call('PUT', '/v1/titles/m', film)
    const page = (await world.call('GET', '/v1/titles')).body as object
    expect((await world.upload('json', JSON.stringify(page))).body).toMatchObject({
      unchanged: 1,
      unknownColumns: [],
    })
    const { body } = await world.upload(
      'json',
      JSON.stringify({
        titles: [
          { id: 'x', kind: 'audio', name: 'Song', mood: 'blue', windows: [{ from: 'never', to: null }] },
          7,
        ],
        channels: [{ id: 'c', name: 'One', number: 1 }],
      }),
    )
    expect(body).toMatchObject({ created: 1, refused: 2, unknownColumns: ['mood'] })
    expect(body.rows[0]!.errors).toMatchObject([{ field: 'windows.0.from' }])
    expect((await world.call('GET', '/v1/channels/c')).status).toBe(200)
  })

  const feed = (items: string, prefix = 'media') =>
    `<?xml version="1.0"?><rss version="2.0" xmlns:${prefix}="http://search.yahoo.com/mrss/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:foyer="https://foyer.dev/ns/catalogue"><channel><title>Feed</title>${items}</channel></rss>`

  it('takes a Media RSS feed, whatever its prefix', async () => {
    const { body } = await world.upload(
      'mrss',
      feed(
        `<item><guid isPermaLink="false">a&amp;b</guid><title>Feed title</title>
            <m:group><m:content url="https://x.example/1" duration="12.5" type="video/mp4"/><m:content url="https://x.example/2" duration="62"/>
            <m:title>Tom &amp; &#x4a;erry</m:title></m:group>
            <m:description type="html"><![CDATA[<p>Cat &amp; mouse.</p>]]></m:description>
            <m:keywords>cat, mouse</m:keywords><m:category label="Cartoon">x/y</m:category><m:category>Fun</m:category>
            <m:rating scheme="urn:mpaa">PG-13</m:rating>
            <m:restriction relationship="deny" type="country">fr de</m:restriction>
            <m:credit role="director">Ana Gil</m:credit>
            <m:thumbnail url="https://x.example/p.jpg"/><m:player url="x"/>
            <dcterms:valid>start=2026-01-01T00:00+01:00; end=2026-12-31; scheme=W3C-DTF</dcterms:valid></item>
          <item><guid>song</guid><title>Song</title><m:content medium="audio" duration="200"/></item>
          <item><guid>odd</guid><title>Odd</title><m:rating scheme="urn:moon">blue</m:rating></item>
          <item><guid>inv</guid><title>Inverted</title><dcterms:valid>start=2026-02-01; end=2026-01-01</dcterms:valid></item>
          <item><title>No id</title></item>
          <item><guid>nobody</guid><title>N</title><m:restriction relationship="deny">all</m:restriction></item>
          <item><guid>all</guid><title>A</title><m:restriction relationship="allow">all</m:restriction></item>
          <item><guid>s</guid><title>S</title><foyer:kind>series</foyer:kind></item>`,
        'm',
      ),
    )
    expect(body.rows.map(({ row, id, outcome }) => [row, id, outcome])).toEqual([
      [1, 'a&b', 'created'],
      [2, 'song', 'created'],
      [3, 'odd', 'refused'],
      [4, 'inv', 'refused'],
      [5, null, 'refused'],
      [6, 'nobody', 'refused'],
      [7, 'all', 'created'],
      [8, 's', 'created'],
    ])
    expect(body.rows.flatMap(({ errors }) => errors?.map(({ field }) => field) ?? [])).toEqual([
      'media:rating',
      'dcterms:valid',
      'id',
      'media:restriction',
    ])
    expect(body.unknownColumns).toEqual(['m:player'])
    expect((await world.call('GET', '/v1/titles/a&b')).body).toMatchObject({
      kind: 'movie',
      name: 'Tom & Jerry',
      synopsis: 'Cat & mouse.',
      durationMs: 62_000,
      keywords: ['cat', 'mouse'],
      categories: ['Cartoon', 'Fun'],
      ageRating: { scheme: 'mpaa', value: 'PG-13', minimumAge: 13 },
      rights: { mode: 'deny', countries: ['DE', 'FR'] },
      images: { thumbnail: 'https://x.example/p.jpg' },
      windows: [{ from: '2025-12-31T23:00:00.000Z', to: '2026-12-31T00:00:00.000Z', platform: null }],
    })
    expect((await world.call('GET', '/v1/titles/song')).body).toMatchObject({
      kind: 'audio',
      durationMs: 200_000,
    })
  })

  it.each([
    ['json', 'cut short', '{"titles":', 'not JSON'],
    ['json', 'of something else', '{"films":[]}', 'titles'],
    ['csv', 'empty', '', 'empty'],
    ['csv', 'without ids', 'name,kind\nx,movie', 'id'],
    ['csv', 'ambiguous', 'id,Name,na-me\n', 'the same'],
    ['mrss', 'not well-formed', '<rss><channel><item></channel></rss>', 'line 1'],
    ['mrss', 'no feed', '<feed/>', 'feed'],
    [
      'mrss',
      'full of entities',
      '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><rss><channel><item><guid>&b;</guid></item></channel></rss>',
      'DOCTYPE',
    ],
    [
      'mrss',
      'reaching outside',
      '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss>&a;</rss>',
      'DOCTYPE',
    ],
    [
      'mrss',
      'a tower of tags',
      `<rss><channel>${'<a>'.repeat(3_000)}${'</a>'.repeat(3_000)}</channel></rss>`,
      'XML',
    ],
  ])('refuses a %s file that is %s', async (format, _what, file, said) => {
    const { status, body } = await world.upload(format, file)
    expect(status).toBe(400)
    expect(body.code).toBe('import.unreadable')
    expect(body.detail).toContain(said)
  })

  it('takes titles with hundreds of people in transactions that end in time', async () => {
    const people = Array.from({ length: 300 }, (_, index) => ({ name: `Person ${index}`, role: 'actor' }))
    const titles = Array.from({ length: 20 }, (_, index) => ({
      id: `crowd-${index}`,
      kind: 'movie',
      name: 'Crowd',
      people,
    }))
    expect((await world.upload('json', JSON.stringify(titles))).body).toMatchObject({ created: 20 })
    const { body } = await world.call('GET', '/v1/titles/crowd-19')
    expect((body as { people: unknown[] }).people).toHaveLength(300)
    expect((await world.upload('json', JSON.stringify(titles))).body).toMatchObject({ unchanged: 20 })
  })

  it('is not kept busy by what is opened and never closed, nor changed by odd names', async () => {
    const open = `<rss><channel>${'<!--'.repeat(500_000)}`
    expect(await world.upload('mrss', open)).toMatchObject({
      status: 400,
      body: { code: 'import.unreadable' },
    })
    const names = feed('<item><guid>x</guid><title><!-- <!DOCTYPE --><![CDATA[<!ENTITY]]></title></item>')
    const { body } = await world.upload('mrss', names)
    expect(body.rows ?? body.code).toEqual([{ row: 1, id: 'x', outcome: 'created' }])
    expect((await world.call('GET', '/v1/titles/x')).body).toMatchObject({ name: '<!ENTITY' })
    const proto = feed(
      '<item><guid>y</guid><title>Y</title><__proto__><guid>z</guid></__proto__><constructor/><prototype/></item>',
    )
    expect((await world.upload('mrss', proto)).body).toMatchObject({
      created: 1,
      rows: [{ id: 'y', outcome: 'created' }],
      unknownColumns: ['__proto__', 'constructor', 'prototype'],
    })
    expect(({} as { guid?: unknown }).guid).toBeUndefined()
    const people = `id,kind,name,people\np,movie,P,"A${' '.repeat(900_000)}("\n`
    expect((await world.upload('csv', people)).body).toMatchObject({ refused: 1 })
  })

  it('stops at its limit when a small file unpacks to a large one', async () => {
    const bomb = gzipSync(Buffer.alloc(40_000_000, ' '))
    expect(bomb.length).toBeLessThan(100_000)
    expect(await world.upload('csv', bomb, { gzip: true })).toMatchObject({
      status: 413,
      body: { code: 'request.too_large' },
    })
    expect(await world.upload('csv', 'id\n', { gzip: true })).toMatchObject({
      status: 400,
      body: { code: 'import.unreadable' },
    })
    expect(await world.upload('xls', 'x')).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  })
})
