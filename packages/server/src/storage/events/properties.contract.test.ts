import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { eventRow, ndjson } from '../../../test/event-rows.ts'
import { eventsBackends, type TestEvents } from '../../../test/events.ts'
import type { Events } from './events.ts'

const text = z.object({ value: z.string() })

describe.each(eventsBackends())('properties in EVENTS on $name', (backend) => {
  let store: TestEvents
  let events: Events

  beforeAll(async () => {
    store = await backend.open()
    events = store.events
  })
  afterAll(() => store.close())

  /** What a service's events hold after they were inserted in one go, numbers as numbers. */
  const propertiesAfter = async (service: string, all: readonly object[]): Promise<unknown[]> => {
    const rows = all.map((properties, seq) => eventRow({ service, seq, properties }))
    await events.insert('events', { ndjson: ndjson(rows), token: service })
    // The engine quotes its integers; a quoted text of digits would look the same, so they are asked for bare.
    const stored = await events.query(
      `SELECT toJSONString(properties) AS value FROM events WHERE service = {service:String} ORDER BY seq
       SETTINGS output_format_json_quote_64bit_integers = 0`,
      { params: { service }, row: text },
    )
    return stored.map(({ value }) => JSON.parse(value) as unknown)
  }

  test.each([
    ['a day that is none', '2024-02-30'],
    ['a time with its zone', '2026-11-24T05:00:00+02:00'],
    ['a day before 1970', '1925-03-04'],
    ['a number', '12'],
    ['a year', '2024'],
    ['a time of day', '12:30:00'],
    ['a day within blanks', ' 2024-01-01 '],
  ])('the text of a property stays the text it was: %s', async (what, text) => {
    expect(await propertiesAfter(`text ${what}`, [{ text, list: [text, 1], deep: [[{ text }]] }])).toEqual([
      { text, list: [text, 1], deep: [[{ text }]] },
    ])
  })

  test('rows are objects, or arrays in the order of the columns that are named', async () => {
    const row = eventRow({ properties: { at: '2024-02-30', big: '12345678901234567890', none: [] } })
    const columns = Object.keys(row).reverse()
    const values = columns.map((column) => row[column])
    const line = JSON.stringify(values)
    await events.insert('events', {
      ndjson: ndjson([{ ...row, service: 'as object' }]),
      token: 'as object',
    })
    await events.insert('events', {
      ndjson: `${line}\n`.replace(`"${String(row['service'])}"`, '"as array"'),
      columns,
      token: 'as array',
    })
    const stored = (service: string) =>
      events.query(`SELECT * EXCEPT service FROM events WHERE service = {service:String}`, {
        params: { service },
        row: z.record(z.string(), z.unknown()),
      })
    expect(await stored('as array')).toEqual(await stored('as object'))
    expect(await stored('as array')).toHaveLength(1)
  })

  test('a key with a dot is not the path of an object', async () => {
    const both = [{ a: 1, 'a.b': 2 }, { a: { b: 3 }, 'a.b': 4 }, { x: { 'y.z': 1, y: { z: 2 } } }]
    expect(await propertiesAfter('dots', both)).toEqual(both)
  })

  test('a key that came with an escaped dot, as the recorder writes it, is not the key with a dot', async () => {
    const both = [{ 'a.b': 1, 'a%252Eb': 2, 'a%25252Eb': 3 }, { list: [{ 'x.y': 1, 'x%252Ey': 2 }] }]
    expect(await propertiesAfter('escapes', both)).toEqual(both)
  })

  test('any properties come back as they went in, but for nulls and empty objects, which are no paths', async () => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(anyProperties, { minLength: 1, maxLength: 30 }), async (all) => {
        expect(await propertiesAfter(`any ${run++}`, all)).toEqual(all.map(withoutNothing))
      }),
      { numRuns: 20 },
    )
  })
})

/** Texts that an engine might take for something else, and any other. */
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.date({ min: new Date('1800-01-01'), max: new Date('2400-01-01'), noInvalidDate: true }).chain((date) => {
    const iso = date.toISOString()
    return fc.constantFrom(
      iso,
      iso.slice(0, 10),
      iso.slice(0, 19).replace('T', ' '),
      iso.replace('Z', '+02:00'),
      date.toUTCString(),
      iso.slice(0, 10).replaceAll('-', '/'),
      iso.slice(11, 19),
      String(date.getTime()),
    )
  }),
  fc.double({ noNaN: true }).map(String),
  fc.ipV4(),
  fc.ipV6(),
  fc.uuid(),
  fc.json({ maxDepth: 2 }),
  fc.constantFrom('true', 'null', 'NaN', 'inf', '-0', '', '\\N', '(1,2)'),
)
/** Names have dots, and no percent signs: `a%2Eb` is how the engine writes `a.b`, and the recorder never lets it have one. */
const anyName = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
  .map((name) => name.replaceAll('%', '.'))
/** Whole numbers beyond the engine's 64 bits come to it as texts; rows.test.ts is about that. */
const anyNumber = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .filter((value) => !Number.isInteger(value) || Math.abs(value) < 2 ** 63)
/** Lists hold no null: beside lists and objects it is an empty one to the engine. */
const { value: anyValue } = fc.letrec((tie) => ({
  item: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    anyText,
    fc.maxSafeInteger(),
    anyNumber,
    fc.boolean(),
    fc.array(tie('item'), { maxLength: 4 }),
    fc.dictionary(anyName, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
  value: fc.oneof({ depthSize: 'small' }, fc.constant(null), { weight: 9, arbitrary: tie('item') }),
}))
const anyProperties = fc
  .dictionary(anyName, anyValue, { maxKeys: 5, noNullPrototype: true })
  .map((value) => JSON.parse(JSON.stringify(value)) as object)

/** As the engine's JSON type holds it. */
function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value)
    .map(([name, inner]) => [name, withoutNothing(inner)] as const)
    .filter(([, inner]) => inner !== null && !isEmptyObject(inner))
  return Object.fromEntries(kept)
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  )
}
