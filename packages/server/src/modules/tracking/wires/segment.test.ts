import { afterEach, describe, expect, it } from 'vitest'
import { SEGMENT_LIMITS, type IntakeReport } from '@foyer/contracts'
import { correctedTime, type SegmentMessage } from '../envelope.ts'
import { NOW, startIntake, unseal, type TestIntake } from '../intake.fixture.ts'

let intake: TestIntake
afterEach(() => intake.close())

const AUTHORIZATION = { authorization: `Basic ${Buffer.from('wk_browser_for_tests:').toString('base64')}` }

async function send(path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await intake.post(`/v1/${path}`, JSON.stringify(body), { ...AUTHORIZATION, ...headers })
  return { status: response.statusCode, report: response.json<IntakeReport & { code?: string }>() }
}

function taken(): SegmentMessage[] {
  return intake.entries.flatMap(({ body }) => body.batch as SegmentMessage[])
}

const track = (fields: object = {}) => ({
  type: 'track',
  event: 'Video Playback Started',
  anonymousId: 'device-1',
  messageId: 'm-1',
  timestamp: new Date(NOW).toISOString(),
  ...fields,
})

describe('the addresses of the Segment HTTP API', () => {
  it.each([
    ['track', 'track', { event: 'Searched' }],
    ['identify', 'identify', { traits: { gender: 'female' } }],
    ['page', 'page', { name: 'Home' }],
    ['screen', 'screen', { name: 'Home' }],
    ['group', 'group', { groupId: 'family-1' }],
    ['alias', 'alias', { previousId: 'device-1', userId: 'u1' }],
    ['t', 'track', { event: 'Searched' }],
    ['i', 'identify', { traits: { gender: 'female' } }],
    ['p', 'page', { name: 'Home' }],
    ['s', 'screen', { name: 'Home' }],
    ['g', 'group', { groupId: 'family-1' }],
    ['a', 'alias', { previousId: 'device-1', userId: 'u1' }],
  ])('/v1/%s takes one message of the kind %s', async (path, type, fields) => {
    intake = await startIntake()
    const { status, report } = await send(path, { anonymousId: 'device-1', ...fields })
    expect(status).toBe(200)
    expect(report).toEqual({ success: true })
    expect(taken()).toMatchObject([{ type, anonymousId: 'device-1' }])
    expect(intake.entries[0]!.header.wire).toBe('segment')
  })

  it('/v1/batch takes many, also of kinds that Foyer does not know', async () => {
    intake = await startIntake()
    const { report } = await send('batch', { batch: [track(), track({ type: 'consent', messageId: 'm-2' })] })
    expect(report).toEqual({ success: true })
    expect(taken().map(({ type, messageId }) => [type, messageId])).toEqual([
      ['track', 'm-1'],
      ['consent', 'm-2'],
    ])
  })

  it('the kind in the address wins over one in the body', async () => {
    intake = await startIntake()
    await send('page', { type: 'track', anonymousId: 'a' })
    expect(taken()[0]!.type).toBe('page')
  })

  it('a message without an id is given one of its own', async () => {
    intake = await startIntake()
    await send('batch', { batch: [track({ messageId: undefined }), track({ messageId: '' })] })
    const [first, second] = taken()
    expect(first!.messageId).toMatch(/^[0-9a-f-]{36}$/)
    expect(first!.messageId).not.toBe(second!.messageId)
  })
})

describe('a message that is wrong', () => {
  it.each([
    ['event.invalid', 'event', { event: undefined }],
    ['event.invalid', 'event', { event: '' }],
    ['event.invalid', 'userId', { anonymousId: '', userId: null }],
    ['event.invalid', 'userId', { userId: 'ana\ud800' }],
    ['event.invalid', 'anonymousId', { anonymousId: '\udc00' }],
    ['event.invalid', 'type', { type: 'no spaces here' }],
    ['event.invalid', 'properties', { properties: 'x' }],
    ['event.invalid', 'timestamp', { timestamp: 'yesterday' }],
    ['event.invalid', 'timestamp', { timestamp: '2026-02-30T00:00:00Z' }],
    ['event.invalid', 'timestamp', { timestamp: '2026-11-22' }],
    ['event.invalid', 'timestamp', { timestamp: '2301-01-01T00:00:00Z' }],
    ['event.invalid', 'timestamp', { timestamp: '1899-12-31T23:59:59Z' }],
    ['event.invalid', 'timestamp', { timestamp: {} }],
    ['event.too_old', 'timestamp', { timestamp: '1900-01-02T00:00:00Z' }],
    ['event.too_old', 'originalTimestamp', { originalTimestamp: '2026-11-14T00:00:00Z' }],
    ['event.in_future', 'timestamp', { timestamp: '2299-01-01T00:00:00Z' }],
    ['event.too_large', undefined, { properties: { note: 'x'.repeat(33_000) } }],
  ])('is refused as %s, naming %s, and the others are not lost', async (code, field, wrong) => {
    intake = await startIntake()
    const { status, report } = await send('batch', {
      batch: [track(), track({ ...wrong, messageId: 'm-2' }), track({ messageId: 'm-3' })],
    })
    expect(status).toBe(200)
    expect(report).toMatchObject({
      success: true,
      accepted: 2,
      refused: [{ index: 1, messageId: 'm-2', code }],
    })
    expect(report.refused[0]!.field).toBe(field)
    expect(taken().map(({ messageId }) => messageId)).toEqual(['m-1', 'm-3'])
  })

  it.each([
    ['batch.too_large', 400, { batch: [track()], pad: 'x'.repeat(600_000) }],
    ['batch.too_many_events', 400, { batch: Array(SEGMENT_LIMITS.eventsMax + 1).fill(1) }],
    ['request.invalid', 400, { batch: {} }],
    ['request.invalid', 400, { batch: [] }],
    ['request.invalid', 400, {}],
  ])('a whole batch is refused as %s (%i)', async (code, status, body) => {
    intake = await startIntake()
    const answer = await send('batch', body)
    expect(answer.status).toBe(status)
    expect(answer.report.code).toBe(code)
    expect(intake.entries).toHaveLength(0)
  })
})

describe('times', () => {
  it.each([
    ['2026-11-22T12:00:00.000Z'],
    ['2026-11-22T12:00:00Z'],
    ['2026-11-22T13:00:00+01:00'],
    ['2026-11-22T13:00:00.000000+0100'],
    [NOW],
  ])('are read as clients write them: %s', async (timestamp) => {
    intake = await startIntake()
    await send('track', track({ timestamp }))
    expect(taken()[0]!.deviceTs).toBe(NOW)
  })

  it('are corrected by sentAt, of the batch or of the message', async () => {
    intake = await startIntake()
    const hour = 3_600_000
    const timestamp = new Date(NOW + 5 * hour - 1_000).toISOString()
    const sentAt = new Date(NOW + 5 * hour).toISOString()
    await send('batch', { batch: [track({ timestamp })], sentAt })
    await send('track', track({ timestamp, sentAt }))
    for (const { header, body } of intake.entries)
      expect(correctedTime(header, body.batch[0].deviceTs as number)).toBe(NOW - 1_000)
  })

  it('that are missing are the receipt', async () => {
    intake = await startIntake()
    await send('track', track({ timestamp: undefined, sentAt: new Date(NOW + 86_400_000).toISOString() }))
    const { header, body } = intake.entries[0]!
    expect(correctedTime(header, body.batch[0].deviceTs as number)).toBe(NOW)
  })
})

describe('who somebody is', () => {
  it('is sealed: user ids and traits are nowhere readable, and open again', async () => {
    intake = await startIntake()
    await send('identify', {
      userId: 'customer-77',
      anonymousId: 'device-1',
      traits: { email: 'ana@example.org', name: 'Ana Núñez' },
      context: { traits: { birthday: '1990-01-01' } },
    })
    const { raw } = intake.entries[0]!
    expect(raw).not.toMatch(/customer-77|ana@|Núñez|1990/)
    const [message] = taken()
    expect(unseal(message!.sealedUserId!)).toBe('customer-77')
    expect(JSON.parse(unseal(message!.sealedTraits!))).toEqual({
      email: 'ana@example.org',
      name: 'Ana Núñez',
      birthday: '1990-01-01',
    })
  })

  it('does not travel on other messages: traits of the context are dropped', async () => {
    intake = await startIntake()
    await send('track', track({ userId: 77, context: { traits: { email: 'ana@example.org', name: 'Ana' } } }))
    expect(taken()[0]).not.toHaveProperty('sealedTraits')
    expect(intake.entries[0]!.raw).not.toMatch(/ana@|"Ana"/)
    expect(unseal(taken()[0]!.sealedUserId!)).toBe('77')
  })

  it('of a batch with several viewer tokens is kept apart', async () => {
    intake = await startIntake()
    const of = (viewerToken: string, messageId: string) => track({ messageId, context: { viewerToken } })
    const { report } = await send('batch', {
      batch: [
        of('aaaa.valid-viewer1.cccc', 'a'),
        of('aaaa.valid-viewer2.cccc', 'b'),
        of('aaaa.valid-viewer1.cccc', 'c'),
        of('aaaa.forged.cccc', 'd'),
        track({ messageId: 'e' }),
      ],
    })
    expect(report).toMatchObject({
      success: true,
      accepted: 5,
      diagnostics: [{ code: 'viewer_token.invalid' }],
    })
    const byViewer = intake.entries.map(({ header, body }) => [
      header.viewer?.vid,
      (body.batch as SegmentMessage[]).map(({ messageId }) => messageId),
    ])
    expect(byViewer).toEqual(
      expect.arrayContaining([
        ['101', ['a', 'c']],
        ['102', ['b']],
        [undefined, ['d']],
        [undefined, ['e']],
      ]),
    )
    for (const { raw } of intake.entries) expect(raw).not.toMatch(/valid-|forged/)
  })
})

describe('privacy before the journal', () => {
  it('cuts what names or reaches a person out of properties and context, and keeps what was measured', async () => {
    intake = await startIntake()
    await send(
      'track',
      track({
        event: 'Products Searched',
        properties: {
          query: `heat ${'x'.repeat(400)}`,
          email: 'not even of the shape',
          first_name: 'Ana',
          card: '4111 1111 1111 1111',
          rating: 5,
          title: 'Heat',
        },
        context: {
          ip: '203.0.113.195',
          page: {
            url: 'https://cinema.example/search?q=heat&email=a%40b.example',
            search: '?q=heat',
            path: '/search',
          },
          location: { country: 'ES', latitude: 40.4, longitude: -3.7 },
          device: { advertisingId: 'abc', model: 'iPhone 15' },
          library: { name: 'analytics.js', version: '1.84.3' },
        },
      }),
    )
    const [message] = taken()
    expect(message!.properties).toEqual({
      query: `heat ${'x'.repeat(251)}`,
      email: '[personal]',
      first_name: '[personal]',
      card: '[card]',
      rating: 5,
      title: 'Heat',
    })
    expect(message!.context).toEqual({
      ip: '203.0.113.0',
      page: { url: 'https://cinema.example/search', search: '', path: '/search' },
      location: { country: 'ES' },
      device: { model: 'iPhone 15' },
      library: { name: 'analytics.js', version: '1.84.3' },
    })
  })

  it('an id that is an address is replaced by a pseudonym that repeats', async () => {
    intake = await startIntake()
    await send('batch', {
      batch: [
        track({ anonymousId: 'ana@example.org', messageId: 'ana@example.org-1' }),
        track({ anonymousId: 'ana@example.org', messageId: 'ana@example.org-2' }),
      ],
    })
    const [first, second] = taken()
    expect(first!.anonymousId).toMatch(/^\d+$/)
    expect(second!.anonymousId).toBe(first!.anonymousId)
    expect(second!.messageId).not.toBe(first!.messageId)
    expect(intake.entries[0]!.raw).not.toContain('ana@')
  })
})

describe('what clients load before they send', () => {
  it('points analytics-next back at this server, and at nobody else', async () => {
    intake = await startIntake()
    const response = await intake.server.inject({
      url: '/v1/projects/wk_browser_for_tests/settings',
      headers: { host: 'cinema.example:8080' },
    })
    expect(response.statusCode).toBe(200)
    expect(response.headers['access-control-allow-origin']).toBe('*')
    expect(response.json()).toMatchObject({
      integrations: {
        'Segment.io': { apiKey: 'wk_browser_for_tests', apiHost: 'cinema.example:8080/v1', protocol: 'http' },
      },
      metrics: { sampleRate: 0 },
    })
    expect(response.body).not.toContain('segment.com')
  })

  it('points RudderStack’s client back at this server', async () => {
    intake = await startIntake()
    const response = await intake.server.inject({
      url: '/sourceConfig/?p=npm&v=3.34.1&writeKey=wk_browser_for_tests',
      headers: { host: 'cinema.example:8080' },
    })
    expect(response.statusCode).toBe(200)
    expect(response.json()).toMatchObject({
      source: {
        id: 'cinema-web',
        enabled: true,
        destinations: [],
        dataplanes: { DEFAULT: [{ url: 'http://cinema.example:8080', default: true }] },
      },
    })
  })

  it.each(['/v1/projects/wk_nobody/settings', '/sourceConfig?writeKey=wk_nobody', '/sourceConfig'])(
    'is not told to a key that nobody has: %s',
    async (url) => {
      intake = await startIntake()
      expect((await intake.server.inject({ url })).statusCode).toBe(401)
    },
  )
})
