import * as fc from 'fast-check'
import { PLAYBACK_LIMITS } from '@foyer/contracts'
import { describe, expect, test } from 'vitest'
import type { TrackedEvent } from './recorder-event.ts'
import { dateTime, EVENT_COLUMNS, eventRow, type ResolvedEvent } from './rows.ts'

describe('times', () => {
  test('are those of the calendar, from 1900 to 2299', () => {
    const range = { min: Date.UTC(1900, 0, 1), max: Date.UTC(2300, 0, 1) - 1 }
    fc.assert(
      fc.property(fc.integer(range), fc.double({ min: 0, max: 0.999, noNaN: true }), (ms, fraction) => {
        const iso = new Date(ms).toISOString()
        expect(dateTime(ms + fraction)).toBe(iso.replace('T', ' ').replace('Z', ''))
      }),
    )
  })
})

describe('an event’s row', () => {
  test('is one line of JSON whatever the properties', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (properties) => {
        const line = rowOf(properties)
        expect(line).not.toContain('\n')
        expect(Object.keys(named(line).properties)).toHaveLength(Object.keys(properties).length)
      }),
      { numRuns: 50 },
    )
  })

  test('holds no half of a surrogate pair, and keeps backslashes before what looks like one', () => {
    const { properties } = named(
      rowOf({ 'k\ud800': 'a\udfffb', pair: '🎬', text: '\\ud800', two: '\\\\ud800' }),
    )
    expect(properties).toEqual({ 'k\ufffd': 'a\ufffdb', pair: '🎬', text: '\\ud800', two: '\\\\ud800' })
  })

  test('keeps whole numbers beyond 64 bits as texts, and others as they are', () => {
    const line = rowOf({
      big: 123456789012345680000,
      list: [1e20],
      id: '1234567890123456789012',
      small: 42,
      half: 0.1,
    })
    expect(named(line).properties).toEqual({
      big: '123456789012345680000',
      list: ['100000000000000000000'],
      id: '1234567890123456789012',
      small: 42,
      half: 0.1,
    })
  })

  test('tells keys with an escaped dot from keys with a dot, at every depth, and leaves values alone', () => {
    const line = rowOf({
      'a.b': 1,
      'a%2Eb': 2,
      'a%252Eb': 3,
      'a%2eb': '%2E',
      list: [{ 'x.y': 1, 'x%2Ey': [{ '%2E': 1e20 }] }],
    })
    expect(named(line).properties).toEqual({
      'a.b': 1,
      'a%252Eb': 2,
      'a%25252Eb': 3,
      'a%2eb': '%2E',
      list: [{ 'x.y': 1, 'x%252Ey': [{ '%252E': '100000000000000000000' }] }],
    })
  })

  test('has every key that was sent, whatever stands in it', () => {
    const part = fc.constantFrom('%', '2', '5', 'E', 'e', '.', '%2E', '%25', '__proto__')
    const key = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 20 }), (keys) => {
        const sent = Object.fromEntries(keys.map((each, at) => [each, at]))
        const written = Object.entries(named(rowOf(sent)).properties)
        // What the engine makes of them are as many again, and none of ours looks like a dot of the engine's.
        expect(new Set(written.map(([each]) => each.replaceAll('.', '%2E'))).size).toBe(keys.length)
        expect(written.map(([each]) => each).join()).not.toContain('%2E')
        const read = written.map(([each, value]) => [each.replace(/%25(?=(?:25)*2E)/g, '%'), value])
        expect(Object.fromEntries(read)).toEqual(sent)
      }),
    )
  })

  test('rounds positions and bytes to what their columns hold', () => {
    const row = named(rowOf({}, { positionMs: 1_000.6, bytes: 7 }))
    expect(row).toMatchObject({ position_ms: 1_001, bytes: 7, ledger_seq: 0 })
    expect(named(rowOf({}, { positionMs: null })).position_ms).toBeNull()
  })

  test.each([-5, 9.3e15, 1e300, Number.NaN, Number.POSITIVE_INFINITY])(
    'holds no %d where a column does not take it',
    (value) => {
      const fields = { positionMs: value, bytes: value, seq: value, rate: 20 * value }
      const row = named(rowOf({ position: value }, fields))
      expect(row).toMatchObject({ position_ms: null, bytes: 0, seq: 0, rate: 1 })
      if (Number.isFinite(value)) expect(row.properties).toEqual({ position: value })
    },
  )

  test('holds what its columns just take', () => {
    const fields = { positionMs: 8.64e12, bytes: PLAYBACK_LIMITS.bytesMax, seq: 4_294_967_295, rate: -64 }
    expect(named(rowOf({}, fields))).toMatchObject({
      position_ms: 8.64e12,
      bytes: 1e12,
      seq: 4_294_967_295,
      rate: -64,
    })
  })
})

/** The row's values by the names of their columns. */
function named(line: string): Record<string, unknown> & { properties: Record<string, unknown> } {
  const values: unknown[] = JSON.parse(line)
  expect(values).toHaveLength(EVENT_COLUMNS.length)
  const entries = EVENT_COLUMNS.map((column, index) => [column, values[index]])
  return Object.fromEntries(entries) as ReturnType<typeof named>
}

function rowOf(properties: Record<string, unknown>, fields: Partial<TrackedEvent> = {}): string {
  const event = {
    ts: 0,
    deviceTs: 0,
    receivedAt: 0,
    positionMs: null,
    seq: 0,
    rate: 1,
    bytes: 0,
    client: {},
    properties,
    ...fields,
  }
  return eventRow({ event, enrichment: {} } as unknown as ResolvedEvent)
}
