import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Subject } from '../../platform/ids.ts'
import { playback, startIntake, testVault } from './intake.fixture.ts'
import { decodeEntry } from './envelope.ts'
import { encodeImport } from './import-entry.ts'
import type { ImportRow } from './recorder-decode.ts'

const ROW: ImportRow = {
  messageId: 'old-1',
  ts: 881_250_949_000,
  type: 'watched',
  name: 'Watched at home',
  vid: '101' as Subject,
  contentId: 'tt0113277',
  country: 'ES',
  properties: { title: 'Heat', genre: 'Crime', name: 'Heat', rating: 5, minutes: 12.5, at: '2020-01-01' },
}

function encode(row: ImportRow): Uint8Array {
  const target = { service: 'cinema', app: 'cinema-web', source: 'import:x', party: 'first' as const }
  return encodeImport({ ...target, rows: [row] }, { purposes: ['service'], receivedAt: 1, vault: testVault })
}

function mask(row: ImportRow): { rows: ImportRow[] } {
  const entry = decodeEntry(encode(row))
  if (entry.kind !== 'entry') throw new Error(entry.kind)
  return JSON.parse(Buffer.from(entry.body).toString()) as { rows: ImportRow[] }
}

describe('imported rows', () => {
  it('that are behaviour are kept as they are', () => {
    expect(mask(ROW).rows).toEqual([ROW])
  })

  it('are masked by name and by shape, and what was read stays as it is', () => {
    const properties = {
      email: 'none',
      firstName: 'Ana',
      ip: '203.0.113.195',
      at: '2001:db8:1:2::3',
      note: 'x',
    }
    const row = { ...ROW, name: 'ana@example.org', properties }
    expect(mask(row).rows[0]).toMatchObject({
      name: '[e-mail]',
      properties: {
        email: '[personal]',
        firstName: '[personal]',
        ip: '203.0.113.0',
        at: '2001:db8:1::',
        note: '[personal]',
      },
    })
    expect(row.properties.firstName).toBe('Ana')
  })

  it('have pseudonyms for ids that reach a person, the same each time', () => {
    const row = { ...ROW, messageId: 'old-ana@example.org', contentId: '203.0.113.195' }
    const [first] = mask(row).rows
    expect(first).toEqual(mask(row).rows[0])
    expect(first!.messageId).toMatch(/^\d+$/)
    expect(first!.contentId).toMatch(/^\d+$/)
  })
})

/** What must not be found again: by its shape under any name, or by its name whatever the shape. */
const byShape = fc.tuple(
  fc.constantFrom('title', 'x', 'label', 'name', 'version', 'value'),
  fc.constantFrom('marker.ana@example.org', '203.0.113.195', '+34 600 123 456', '2001:db8:1:2::3'),
)
const byName = fc.tuple(
  fc.constantFrom(
    'email',
    'first_name',
    'displayName',
    'shippingAddress',
    'zip',
    'apiKey',
    'userAgent',
    'comment',
  ),
  fc.oneof(fc.constant<unknown>('marker'), fc.constant(['marker']), fc.constant({ any: 'marker' })),
)
const ofPerson = fc.tuple(
  fc.constantFrom('user', 'device', 'customer'),
  fc.constant({ name: 'marker', a: 1 }),
)
const personal = fc.oneof<fc.Arbitrary<[string, unknown]>[]>(byShape, byName, ofPerson)
const fields = fc.letrec<{ node: Record<string, unknown> }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    personal.map(([key, value]): Record<string, unknown> => ({ [key]: value })),
    tie('node').map((inner) => ({ inner })),
    tie('node').map((inner) => ({ list: [1, inner] })),
  ),
})).node

describe('nothing personal is in the bytes of an entry', () => {
  const MARKERS = /marker|@|\.195|600 123|:2::3/

  it('of an import', () => {
    fc.assert(
      fc.property(fields, (properties) => {
        expect(Buffer.from(encode({ ...ROW, properties })).toString()).not.toMatch(MARKERS)
      }),
    )
  })

  it('of the native wire', async () => {
    const intake = await startIntake({
      settings: { requestsPerSecondPerKey: 1e6, requestsPerSecondPerAddress: 1e6 },
    })
    await fc.assert(
      fc.asyncProperty(fields, fc.boolean(), async (data, isInContext) => {
        const batch = playback()
        Object.assign(isInContext ? batch.context : batch.events[0]!, { data })
        expect((await intake.post('/v1/playback', JSON.stringify(batch))).statusCode).toBe(204)
        expect(intake.entries.at(-1)!.raw).not.toMatch(MARKERS)
      }),
    )
    await intake.close()
  })

  it('of the Segment wire', async () => {
    const intake = await startIntake({
      settings: { requestsPerSecondPerKey: 1e6, requestsPerSecondPerAddress: 1e6 },
    })
    await fc.assert(
      fc.asyncProperty(fields, fc.boolean(), async (data, isInContext) => {
        // There, and only there, it is the client's own, by which devices are told.
        fc.pre(!isInContext || typeof data['userAgent'] !== 'string')
        const message = {
          anonymousId: 'a',
          event: 'Searched',
          [isInContext ? 'context' : 'properties']: data,
        }
        const body = JSON.stringify({ ...message, writeKey: 'wk_browser_for_tests' })
        expect((await intake.post('/v1/track', body)).statusCode).toBe(200)
        expect(intake.entries.at(-1)!.raw).not.toMatch(MARKERS)
      }),
    )
    await intake.close()
  })
})
