import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestCatalogue, type TestCatalogue } from '../../modules/catalogue/catalogue.fixture.ts'
import { StartupError } from '../../platform/errors.ts'
import { openImportWorld } from './import.fixture.ts'
import { mapRow, readMapping } from './mapping.ts'
import { importRows } from './rows.ts'

const target = { service: 'cinema', app: 'cinema-web' }
const nothing = { importRows: async () => [] }

describe('importing rows by a mapping', () => {
  let folder: string
  let catalogue: TestCatalogue

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'foyer-rows-'))
    catalogue = await openTestCatalogue('embedded')
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true })
    await catalogue?.close()
  })

  function write(name: string, text: string | Buffer): string {
    const file = join(folder, name)
    writeFileSync(file, text)
    return file
  }

  const viewerMapping = readMapping({
    kind: 'viewers',
    source: 'old-system',
    fields: {
      externalId: { column: 'Kunde', template: 'old-{}' },
      gender: { column: 'Anrede', values: { Herr: 'male', Frau: 'female' }, otherwise: 'unknown' },
      birthDate: { column: 'Geburtstag', time: 'DD.MM.YYYY' },
      registeredAt: { column: 'seit', time: 'DD.MM.YYYY HH:mm', zone: 'Europe/Berlin' },
      country: { constant: 'DE' },
      city: 'Ort',
      'traits.plan': { column: 'Tarif', whenEmpty: 'free' },
    },
  })

  it('reads viewers from a spreadsheet and refuses the rows that it cannot read', async () => {
    const file = write(
      'viewers.csv',
      Buffer.from(
        [
          'Kunde;Anrede;Geburtstag;seit;Ort;Tarif',
          '1;Frau;28.02.1990;01.07.2020 12:00;München;gold',
          '2;Divers;;15.01.2021 00:30;"Köln; Deutz";',
          '3;Herr;31.02.1990;01.07.2020 12:00;Ulm;',
          '4;Herr;01.01.1990',
        ].join('\r\n'),
        'latin1',
      ),
    )
    const world = openImportWorld(nothing)
    const report = await importRows(world.deps, { ...target, file, mapping: viewerMapping })
    expect(report).toMatchObject({
      kind: 'viewers',
      rows: 4,
      counts: { created: 2, updated: 0, unchanged: 0, refused: 2 },
      refused: 2,
    })
    expect(report.faults.map(({ row, reason }) => [row, reason.split(':')[0]])).toEqual([
      [4, 'Geburtstag'],
      [5, 'has 3 cells, and the header 6'],
    ])
    expect(world.viewers.get('old-1')).toMatchObject({
      gender: 'female',
      birthDate: '1990-02-28',
      registeredAt: Date.parse('2020-07-01T10:00:00Z'),
      country: 'DE',
      city: 'München',
      traits: { plan: 'gold' },
    })
    expect(world.viewers.get('old-2')).toMatchObject({
      gender: 'unknown',
      registeredAt: Date.parse('2021-01-14T23:30:00Z'),
      city: 'Köln; Deutz',
      traits: { plan: 'free' },
    })
    expect(world.viewers.get('old-2')).not.toHaveProperty('birthDate')
  })

  const eventMapping = readMapping({
    kind: 'events',
    source: 'player-log',
    party: 'second',
    fields: {
      externalId: 'user.id',
      ts: { column: 'at', time: 'unix' },
      type: { column: 'what', values: { VIEW: 'watched', STAR: 'rating' } },
      contentId: { column: 'film', template: 'f-{}' },
      'properties.minutes': { column: 'seconds', times: 1 / 60 },
      'properties.isKids': { column: 'kids', as: 'boolean' },
    },
  })

  it('sends events once, however often and in however many files a row stands', async () => {
    const lines = Array.from({ length: 2_500 }, (_, index) =>
      JSON.stringify({
        user: { id: `u${index % 7}` },
        at: 881_250_949 + index,
        what: 'VIEW',
        film: index,
        seconds: 90,
        kids: 'no',
      }),
    )
    const file = write('events.ndjson', [...lines, lines[0], 'no json', '{"at":1}', '[]'].join('\n'))
    const world = openImportWorld(nothing)
    const report = await importRows(world.deps, { ...target, file, mapping: eventMapping })
    expect(report).toMatchObject({ rows: 2_504, sent: 2_501, refused: 3, counts: null })
    expect(report.faults.map(({ row }) => row)).toEqual([2_502, 2_503, 2_504])
    expect(world.events.size).toBe(2_500)
    expect(world.entries.map(({ rows }) => rows.length)).toEqual([1_000, 1_000, 501])
    expect(world.entries[0]).toMatchObject({ source: 'import:player-log', party: 'second', ...target })
    expect(world.entries[0]!.rows[1]).toEqual({
      messageId: expect.stringMatching(/^player-log-[\w-]{43}$/) as string,
      vid: world.entries[0]!.rows[8]!.vid,
      ts: 881_250_950_000,
      type: 'watched',
      contentId: 'f-1',
      properties: { minutes: 1.5, isKids: false },
    })
    const shuffled = write('again.jsonl', lines.toReversed().join('\r\n'))
    await importRows(world.deps, { ...target, file: shuffled, mapping: eventMapping })
    expect(world.events.size).toBe(2_500)
  })

  it('takes no object for an id, whether it stands alone or in a template', async () => {
    const lines = [1, 2, 'three'].map((id) =>
      JSON.stringify({
        user: { id: id === 'three' ? id : { id } },
        at: 881_250_949,
        what: 'VIEW',
        film: 'a',
      }),
    )
    const film = { user: { id: 'u' }, at: 881_250_949, what: 'VIEW', film: { id: 7 } }
    const file = write('objects.ndjson', [...lines, JSON.stringify(film)].join('\n'))
    const world = openImportWorld(nothing)
    const report = await importRows(world.deps, { ...target, file, mapping: eventMapping })
    expect(report).toMatchObject({ rows: 4, sent: 1, refused: 3 })
    expect(report.faults.map(({ row, reason }) => [row, reason.split(':')[0]])).toEqual([
      [4, 'film'],
      [1, 'externalId'],
      [2, 'externalId'],
    ])
    const mapping = readMapping({ kind: 'viewers', source: 'old', fields: { externalId: 'id' } })
    const viewers = write('viewers.ndjson', '{"id":{"a":1}}\n{"id":{"a":2}}\n{"id":3}')
    await importRows(world.deps, { ...target, file: viewers, mapping })
    // Accounts refuse the empty id that is left.
    expect([...world.viewers.keys()]).toEqual(['', '3'])
  })

  it('finds in the values of a mapping what stands there, and not what every object has', () => {
    const row = mapRow(viewerMapping, (column) => ({ Kunde: '1', Anrede: 'constructor' })[column])
    expect(row).toMatchObject({ values: { gender: 'unknown' } })
  })

  it('refuses events of the future, of nobody and without a meaning', async () => {
    const file = write(
      'odd.ndjson',
      [
        { user: { id: 'u' }, at: 32_503_680_000, what: 'VIEW' },
        { user: { id: 'u' }, at: 2_000_000_000, what: 'VIEW' },
        { user: { id: '' }, at: 1e6, what: 'VIEW' },
        { user: { id: 'u' }, at: 1e6, what: 'DANCE' },
        { user: { id: 'u' }, at: 1e6, what: 'STAR', seconds: 'many' },
      ]
        .map((row) => JSON.stringify(row))
        .join('\n'),
    )
    const world = openImportWorld(nothing)
    const report = await importRows(world.deps, { ...target, file, mapping: eventMapping })
    expect(report.faults.map(({ reason }) => reason.split(':')[0])).toEqual(
      // What the mapping cannot read is found as rows are read, the rest batch by batch.
      ['what', 'seconds', 'ts', 'ts', 'externalId'],
    )
    expect(world.entries).toEqual([])
  })

  it('refuses events of a country that is none, also where it looks like a code', async () => {
    const mapping = readMapping({
      kind: 'events',
      source: 'old-system',
      fields: {
        externalId: 'id',
        ts: { column: 'at', time: 'iso' },
        type: { constant: 'play' },
        country: 'land',
      },
    })
    const lands = ['PT', 'ZZ', 'XX', 'UK', 'pt', '']
    const rows = lands.map((land, at) => `${at},2026-01-01T00:00:0${at}Z,${land}`)
    const world = openImportWorld(nothing)
    const file = write('lands.csv', ['id,at,land', ...rows].join('\n'))
    const report = await importRows(world.deps, { ...target, file, mapping })
    expect(report.faults.map(({ row, reason }) => [row, reason.split(':')[0]])).toEqual(
      [3, 4, 5, 6].map((row) => [row, 'country']),
    )
    expect([...world.events.values()].map(({ country }) => country)).toEqual(['PT', undefined])
  })

  it('refuses events before the first day that EVENTS can hold, and takes the first one', async () => {
    const at = [-2_208_988_800, -1, 0, 86_399, 86_400]
    const lines = at.map((seconds) => JSON.stringify({ user: { id: 'u' }, at: seconds, what: 'VIEW' }))
    const file = write('old.ndjson', lines.join('\n'))
    const world = openImportWorld(nothing)
    const report = await importRows(world.deps, { ...target, file, mapping: eventMapping })
    expect(report.faults.map(({ row, reason }) => [row, reason.slice(0, 27)])).toEqual(
      [1, 2, 3, 4].map((row) => [row, 'ts: lies before 1970-01-02,']),
    )
    expect([...world.events.values()].map(({ ts }) => ts)).toEqual([86_400_000])
  })

  it('reads titles, series after their episodes', async () => {
    const file = write(
      'titles.csv',
      'code,show,title,min,tags,out\ne1,s,Pilot,52,drama/crime,1999-05-04\ns,,Show,,,\nx,missing,Lost,,,\n',
    )
    const mapping = readMapping({
      kind: 'titles',
      source: 'cms',
      fields: {
        id: 'code',
        kind: { column: 'show', values: { s: 'episode', missing: 'episode' }, whenEmpty: 'series' },
        parentId: 'show',
        name: 'title',
        durationMs: { column: 'min', times: 60_000 },
        categories: { column: 'tags', split: '/' },
        releaseDate: 'out',
        'externalIds.cms': 'code',
      },
    })
    const world = openImportWorld(catalogue.catalogue)
    const report = await importRows(world.deps, { ...target, file, mapping })
    expect(report).toMatchObject({ rows: 3, counts: { created: 2, refused: 1 } })
    expect(report.faults).toEqual([{ file, row: 4, reason: expect.stringContaining('parentId') as string }])
    expect((await catalogue.call('GET', '/v1/titles/e1')).body).toMatchObject({
      kind: 'episode',
      parentId: 's',
      durationMs: 3_120_000,
      categories: ['drama', 'crime'],
      releaseYear: 1999,
      externalIds: { cms: 'e1' },
    })
    const again = await importRows(world.deps, { ...target, file, mapping })
    expect(again.counts).toMatchObject({ created: 0, updated: 0, unchanged: 2, refused: 1 })
  })

  it.each([
    [{ service: 'nope', app: 'cinema-web' }, 'viewers', 'There is no service "nope"'],
    [{ service: 'nope', app: 'cinema-web' }, 'events', 'There is no service "nope"'],
    [{ service: 'cinema', app: 'cinema-wbe' }, 'events', 'There is no app "cinema-wbe"'],
    [{ service: 'cinema', app: 'radio-web' }, 'events', 'The app "radio-web" belongs to radio'],
  ])('reads nothing into %j: %s', async (elsewhere, kind, said) => {
    const file = join(folder, 'this file is not even there')
    const world = openImportWorld(nothing)
    const mapping = kind === 'viewers' ? viewerMapping : eventMapping
    const importing = importRows(world.deps, { ...elsewhere, file, mapping })
    await expect(importing).rejects.toThrow(StartupError)
    await expect(importing).rejects.toThrow(said)
    expect(world.entries).toEqual([])
  })

  it('tells that a viewer stands twice in a file with other values, also far apart, and not that rows repeat', async () => {
    const others = Array.from({ length: 1_200 }, (_, index) => `other-${index};Herr;;;Ulm;`)
    const lines = ['7;Frau;;;Köln;', '7;Frau;;;Köln;', '7;Frau;;;Bonn;', ...others, '7;Frau;;;Trier;']
    const file = write('twice.csv', ['Kunde;Anrede;Geburtstag;seit;Ort;Tarif', ...lines].join('\n'))
    const world = openImportWorld(nothing)
    const report = await importRows(world.deps, { ...target, file, mapping: viewerMapping })
    expect(report).toMatchObject({ rows: 1_204, counts: { created: 1_201, unchanged: 3, refused: 0 } })
    expect(report.faults.map(({ row }) => row)).toEqual([4, 1_205])
    expect(report.faults[0]!.reason).toContain('stands at row 2 with other values')
    expect(JSON.stringify(report.faults)).not.toMatch(/Bonn|Trier/)
  })

  it('keeps a viewer of whom a field is not understood, and says which row it was', async () => {
    const world = openImportWorld(nothing)
    const { importViewers } = world.deps.accounts
    const message = 'no region of DE has this name'
    const accounts = {
      ...world.deps.accounts,
      importViewers: async (batch: Parameters<typeof importViewers>[0]) =>
        (await importViewers(batch)).map((result, at) =>
          batch.viewers[at]!.region === 'Bavria'
            ? { ...result, dropped: [{ field: 'region', message }] }
            : result,
        ),
    }
    const mapping = readMapping({
      kind: 'viewers',
      source: 'old-system',
      fields: { externalId: 'id', country: { constant: 'DE' }, region: 'Land' },
    })
    const file = write('regions.csv', 'id;Land\n1;Bayern\n2;Bavria\n3;\n')
    const report = await importRows({ ...world.deps, accounts }, { ...target, file, mapping })
    expect(report).toMatchObject({ rows: 3, counts: { created: 3 }, refused: 0 })
    expect(report.faults.map(({ row, reason }) => [row, reason])).toEqual([
      [3, `region: ${message}; left out`],
    ])
    expect([...world.viewers.keys()]).toEqual(['1', '2', '3'])
  })

  it('asks for no app where viewers are imported', async () => {
    const file = write('one.csv', 'Kunde;Anrede;Geburtstag;seit;Ort;Tarif\n1;Frau;;;;\n')
    const world = openImportWorld(nothing)
    await importRows(world.deps, { service: 'cinema', app: '', file, mapping: viewerMapping })
    expect(world.viewers.size).toBe(1)
  })

  it('stops before anything when a mapped column is not there', async () => {
    const file = write('other.csv', 'id,name\n1,x\n')
    const world = openImportWorld(nothing)
    const importing = importRows(world.deps, { ...target, file, mapping: viewerMapping })
    await expect(importing).rejects.toThrow(/no column Kunde, Anrede/)
    expect(world.viewers.size).toBe(0)
  })

  it.each([
    [{ kind: 'films', source: 'x', fields: {} }, 'kind'],
    [{ kind: 'viewers', source: 'Not A Slug', fields: { externalId: 'id' } }, 'source'],
    [{ kind: 'viewers', source: 'x', fields: { gender: 'g' } }, 'viewers need it'],
    [{ kind: 'viewers', source: 'x', fields: { externalId: 'id', shoeSize: 's' } }, 'no such field'],
    [
      {
        kind: 'events',
        source: 'x',
        fields: { externalId: 'id', type: 't', ts: { column: 'x', time: 'HH:mm' } },
      },
      'fields.ts',
    ],
    [
      {
        kind: 'viewers',
        source: 'x',
        fields: { externalId: 'id', registeredAt: { column: 'r', zone: 'Mars/Base' } },
      },
      'zone',
    ],
    [
      { kind: 'viewers', source: 'x', fields: { externalId: { column: 'id', template: 'x' } } },
      'fields.externalId',
    ],
    ['text', 'document'],
  ])('refuses the mapping %j', (document, said) => {
    expect(() => readMapping(document)).toThrow(StartupError)
    expect(() => readMapping(document)).toThrow(said)
  })

  it('never writes the value into the reason', () => {
    const mapped = mapRow(viewerMapping, (column) => (column === 'Geburtstag' ? 'secret@example.com' : '1'))
    expect(JSON.stringify(mapped)).not.toContain('secret')
    expect(mapped).toHaveProperty('fault')
  })
})
