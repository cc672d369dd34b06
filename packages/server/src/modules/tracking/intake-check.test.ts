import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { playbackEnvelope, playbackEvent, segmentBatch, segmentMessage } from '@foyer/contracts'
import { compileCheck } from './intake-check.ts'
import { NOW, playback } from './intake.fixture.ts'

const SCHEMAS = { playbackEnvelope, playbackEvent, segmentBatch, segmentMessage }
const VALID = {
  playbackEnvelope: playback(),
  playbackEvent: {
    type: 'heartbeat',
    seq: 1,
    ts: NOW,
    monoMs: 0,
    positionMs: null,
    rate: 1,
    ranges: [[0, 1]],
    isFatal: false,
    volume: 1,
    data: {},
  },
  segmentBatch: { batch: [1], context: {}, sentAt: 'x', writeKey: null },
  segmentMessage: {
    type: 'track',
    event: 'x',
    userId: 1,
    anonymousId: null,
    properties: {},
    timestamp: 0,
    context: null,
  },
} as const

/** Values at the edges of what JSON can say. */
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    null,
    -1,
    0.5,
    1e12 + 1,
    1e15 + 1,
    4_294_967_296,
    1e308 * 10,
    2 ** 53,
    '',
    ' ',
    [],
    {},
    [[0, 1, 2]],
    [[0]],
  ),
  fc.constantFrom(
    'é'.repeat(64),
    '😀'.repeat(33),
    '😀'.repeat(32),
    'x'.repeat(256),
    'x'.repeat(257),
    'a\u0000b',
    'a\n',
  ),
)

describe.each(Object.keys(SCHEMAS) as (keyof typeof SCHEMAS)[])('the compiled check of %s', (name) => {
  const schema: z.ZodType = SCHEMAS[name]
  const check = compileCheck(schema)
  const valid = VALID[name] as Record<string, unknown>

  it('takes what is valid', () => {
    expect(check(valid)).toBeNull()
  })

  it('agrees with zod on everything, whatever stands in whichever field', () => {
    const fields = Object.keys((schema as unknown as z.ZodObject).shape)
    const change = fc.tuple(fc.constantFrom(...fields, 'unknown'), fc.oneof(odd, fc.constant(undefined)))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const value = JSON.parse(JSON.stringify({ ...valid, ...Object.fromEntries(changes) })) as unknown
        expect(check(value) === null).toBe(schema.safeParse(value).success)
      }),
      { numRuns: 1_000 },
    )
  })

  it('agrees with zod on what is no object at all', () => {
    fc.assert(
      fc.property(odd, (value) => {
        expect(check(value) === null).toBe(schema.safeParse(value).success)
      }),
    )
  })

  it('names the field that is wrong, in words', () => {
    const [field] = Object.keys(valid)
    const fault = check({ ...valid, [field!]: { not: 'this' } })
    expect(fault).toMatchObject({ field, message: expect.stringMatching(/\w/) as string })
  })
})

it('numbers that JSON reads as infinite are refused as zod refuses them', () => {
  const check = compileCheck(z.object({ n: z.number() }))
  expect(check(JSON.parse('{"n":1e999}'))).not.toBeNull()
})

it('the identifiers of a batch are checked in depth', () => {
  const check = compileCheck(playbackEnvelope)
  const batch = playback()
  expect(check({ ...batch, context: { ...batch.context, viewId: 'a\u0007' } })).toMatchObject({
    field: 'context.viewId',
  })
  expect(
    check({ ...batch, context: { ...batch.context, content: { id: 'x', kind: 'film' } } }),
  ).toMatchObject({
    field: 'context.content.kind',
  })
})
