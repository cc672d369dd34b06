import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import type { IntakeReport } from '@foyer/contracts'
import { Problem } from '../../platform/errors.ts'
import { PLAYBACK_LIMITS } from '@foyer/contracts'
import { areClaimsTrusted, correctedTime } from './envelope.ts'
import { NOW, playback, startIntake, type TestIntake } from './intake.fixture.ts'

let intake: TestIntake
afterEach(() => intake.close())

describe('what is taken', () => {
  it('is in the journal before the answer, as the bytes that came', async () => {
    intake = await startIntake()
    const body = JSON.stringify(playback({ events: 3 }))
    const response = await intake.post('/v1/playback', body)
    expect(response.statusCode).toBe(204)
    expect(response.body).toBe('')
    expect(intake.entries).toHaveLength(1)
    expect(intake.entries[0]!.text).toBe(withoutKey(body))
    expect(intake.entries[0]!.header).toEqual({
      v: 1,
      wire: 'playback',
      receivedAt: NOW,
      clockOffsetMs: 0,
      app: 'cinema-web',
      service: 'cinema',
      keyKind: 'browser',
      address: '203.0.113.0',
      userAgent: 'Mozilla/5.0 (Test)',
      defaultMask: 7,
      viewer: null,
      trustClientIdentify: false,
    })
  })

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'text/plain',
    'text/plain;charset=UTF-8',
    'application/x-www-form-urlencoded',
    undefined,
    '',
  ])('whatever it is called: %s', async (type) => {
    intake = await startIntake()
    const response = await intake.post('/v1/playback', JSON.stringify(playback()), { 'content-type': type })
    expect(response.statusCode).toBe(204)
  })

  it.each([
    ['with Content-Encoding', { 'content-encoding': 'gzip' }],
    ['without saying so', { 'content-type': 'text/plain' }],
  ])('in gzip, %s', async (_, headers) => {
    intake = await startIntake()
    const body = JSON.stringify(playback())
    const response = await intake.post('/v1/playback', gzipSync(body), headers)
    expect(response.statusCode).toBe(204)
    expect(intake.entries[0]!.text).toBe(withoutKey(body))
  })

  it.each([
    [
      'Basic, as user name',
      { authorization: `Basic ${Buffer.from('wk_browser_for_tests:').toString('base64')}` },
      '',
      {},
    ],
    ['Bearer', { authorization: 'Bearer wk_browser_for_tests' }, '', {}],
    ['writeKey in the query', {}, '?writeKey=wk_browser_for_tests', {}],
    ['key in the query', {}, '?key=wk_browser_for_tests', {}],
    ['key in the body', {}, '', { key: 'wk_browser_for_tests' }],
    ['writeKey in the body', {}, '', { writeKey: 'wk_browser_for_tests' }],
  ])('by a write key as %s', async (_, headers, query, fields) => {
    intake = await startIntake()
    const body = { ...playback(), key: undefined, ...fields }
    const response = await intake.post(`/v1/playback${query}`, JSON.stringify(body), headers)
    expect(response.statusCode).toBe(204)
  })

  it('keeps types and fields that Foyer does not know', async () => {
    intake = await startIntake()
    const batch = playback()
    Object.assign(batch.events[0]!, { type: 'Skip_intro', button: 'big' })
    expect((await intake.post('/v1/playback', JSON.stringify(batch))).statusCode).toBe(204)
    expect(intake.entries[0]!.body.events).toMatchObject([{ type: 'Skip_intro', button: 'big' }])
  })
})

describe('an event that is wrong', () => {
  it.each([
    ['event.invalid', 'seq', { seq: -1 }],
    ['event.invalid', 'type', { type: 'no spaces here' }],
    ['event.invalid', 'ts', { ts: '2026-11-22' }],
    ['event.invalid', 'ts', { ts: null }],
    ['event.invalid', 'ts', { ts: Date.UTC(1899, 11, 31) }],
    ['event.invalid', 'ts', { ts: Date.UTC(2301, 0, 1) }],
    ['event.too_old', 'ts', { ts: Date.UTC(1900, 0, 2) }],
    ['event.too_old', 'ts', { ts: NOW - 7 * 86_400_000 - 1 }],
    ['event.in_future', 'ts', { ts: NOW + 3_600_001 }],
    ['event.in_future', 'ts', { ts: Date.UTC(2299, 0, 1) }],
    ['event.invalid', 'ranges.0.1', { ranges: [[0, 'x']] }],
    ['event.invalid', 'bytes', { bytes: PLAYBACK_LIMITS.bytesMax + 1 }],
    ['event.too_large', undefined, { note: 'x'.repeat(PLAYBACK_LIMITS.eventBytesMax) }],
  ])('is refused as %s, naming %s, and the others are not lost', async (code, field, wrong) => {
    intake = await startIntake()
    const batch = playback({ events: 3 })
    Object.assign(batch.events[1]!, wrong)
    const response = await intake.post('/v1/playback', JSON.stringify(batch))
    expect(response.statusCode).toBe(200)
    const report = response.json<IntakeReport>()
    expect(report).toMatchObject({ success: true, accepted: 2, refused: [{ index: 1, code }] })
    expect(report.refused[0]!.field).toBe(field)
    expect(report.refused[0]!.message).not.toBe('')
    expect(intake.entries[0]!.body.events).toEqual([batch.events[0], batch.events[2]])
    expect(await intake.counted('foyer_intake_refused_events_total')).toEqual([
      [{ wire: 'playback', code }, 1],
    ])
    expect(await intake.counted('foyer_intake_events_total')).toEqual([[{ wire: 'playback' }, 2]])
  })

  it('of no shape at all is refused by its place', async () => {
    intake = await startIntake()
    const batch = { ...playback(), events: [null, 7, 'x', [], {}] }
    const report = (await intake.post('/v1/playback', JSON.stringify(batch))).json<IntakeReport>()
    expect(report).toMatchObject({ accepted: 0, refused: [0, 1, 2, 3, 4].map((index) => ({ index })) })
    expect(intake.entries).toHaveLength(0)
  })

  it('NaN and Infinity, which JSON cannot say but 1e999 is, do not get in', async () => {
    intake = await startIntake()
    const body = JSON.stringify(playback()).replace(/"monoMs":\d+/, '"monoMs":1e999')
    const report = (await intake.post('/v1/playback', body)).json<IntakeReport>()
    expect(report.refused).toMatchObject([{ code: 'event.invalid', field: 'monoMs' }])
  })

  it('nested without end is refused and takes nobody with it', async () => {
    intake = await startIntake()
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`
    const body = JSON.stringify(playback({ events: 2 })).replace('"seq":1', `"seq":1,"deep":${deep}`)
    const report = (await intake.post('/v1/playback', body)).json<IntakeReport>()
    expect(report).toMatchObject({ accepted: 1, refused: [{ index: 1, code: 'event.invalid' }] })
  })
})

describe('a clock that is wrong', () => {
  it('is corrected by the time of sending before anything is too old or in the future', async () => {
    intake = await startIntake()
    const eraMs = NOW - Date.UTC(1971, 0, 1)
    const batch = playback({ events: 2, at: NOW - eraMs })
    expect((await intake.post('/v1/playback', JSON.stringify(batch))).statusCode).toBe(204)
    const { header } = intake.entries[0]!
    expect(correctedTime(header, batch.events[0]!.ts as number)).toBe(NOW)
  })

  it('by less than a request’s travel is left alone', async () => {
    intake = await startIntake()
    await intake.post('/v1/playback', JSON.stringify({ ...playback(), sentAt: NOW - 1_900 }))
    expect(intake.entries[0]!.header.clockOffsetMs).toBe(0)
  })
})

describe('a byte order mark', () => {
  it.each([
    ['plain', (body: Buffer) => body],
    ['gzip', (body: Buffer) => gzipSync(body)],
  ])('before a body is passed over (%s)', async (_how, pack) => {
    intake = await startIntake()
    const body = Buffer.from(JSON.stringify(playback()))
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body])
    expect((await intake.post('/v1/playback', pack(marked))).statusCode).toBe(204)
    // The write key is blanked, and nothing stands before what was sent.
    const { text } = intake.entries[0]!
    expect(text).toHaveLength(body.length)
    expect(text).toMatch(/^\{"v":1,/)
  })
})

describe('a request that is refused as a whole', () => {
  it.each([
    ['write_key.unknown', 401, JSON.stringify({ ...playback(), key: 'wk_nobody' }), {}],
    ['write_key.unknown', 401, JSON.stringify({ ...playback(), key: undefined }), {}],
    ['request.not_json', 400, '{"v":1', {}],
    ['request.not_json', 400, '', {}],
    ['request.not_json', 400, Buffer.from([0x1f, 0x8b, 1, 2, 3]), {}],
    ['request.invalid', 400, '[]', {}],
    ['request.invalid', 400, JSON.stringify({ ...playback(), v: 2 }), {}],
    ['request.invalid', 400, JSON.stringify({ ...playback(), events: [] }), {}],
    ['batch.too_many_events', 400, JSON.stringify({ ...playback(), events: Array(3_601).fill(1) }), {}],
    ['request.too_large', 413, JSON.stringify({ ...playback(), pad: 'x'.repeat(1_100_000) }), {}],
    ['request.too_large', 413, gzipSync(Buffer.alloc(50_000_000, ' ')), {}],
    ['request.media_type', 415, JSON.stringify(playback()), { 'content-encoding': 'br' }],
  ])('%s (%i) leaves nothing', async (code, status, body, headers) => {
    intake = await startIntake()
    const response = await intake.post('/v1/playback', body, headers)
    expect(response.statusCode).toBe(status)
    expect(response.headers['content-type']).toContain('application/problem+json')
    expect(response.json()).toMatchObject({ code, status })
    expect(response.headers['access-control-allow-origin']).toBe('*')
    expect(intake.entries).toHaveLength(0)
  })

  it.each(['journal.full', 'journal.write_failed'] as const)(
    'by the journal (%s) says when to come again',
    async (code) => {
      intake = await startIntake({ append: () => Promise.reject(new Problem(code)) })
      const response = await intake.post('/v1/playback', JSON.stringify(playback()))
      expect(response.statusCode).toBe(503)
      expect(response.headers['retry-after']).toBe('5')
    },
  )

  it('that sends too much for its key is told when to come again, and another key is not', async () => {
    intake = await startIntake({ settings: { requestsPerSecondPerKey: 1 } })
    const send = (key: string) => intake.post('/v1/playback', JSON.stringify({ ...playback(), key }))
    expect((await send('wk_browser_for_tests')).statusCode).toBe(204)
    expect((await send('wk_browser_for_tests')).statusCode).toBe(204)
    const refused = await send('wk_browser_for_tests')
    expect(refused.statusCode).toBe(429)
    expect(refused.headers['retry-after']).toBe('1')
    expect((await send('sk_server_for_tests')).statusCode).toBe(204)
    intake.clock.advance(1_000)
    expect((await send('wk_browser_for_tests')).statusCode).toBe(204)
  })

  it('that sends too much from its address is refused before its body is read', async () => {
    intake = await startIntake({ settings: { requestsPerSecondPerAddress: 1 } })
    const send = (ip: string) => intake.post('/v1/playback', 'not json', { 'x-forwarded-for': ip })
    expect((await send('203.0.113.1')).statusCode).toBe(400)
    expect((await send('203.0.113.1')).statusCode).toBe(400)
    expect((await send('203.0.113.1')).statusCode).toBe(429)
    expect((await send('203.0.113.2')).statusCode).toBe(400)
  })
})

describe('a viewer token', () => {
  const withToken = (viewerToken: string) => {
    const batch = playback()
    return JSON.stringify({ ...batch, context: { ...batch.context, viewerToken } })
  }

  it('that is valid names the viewer, and is itself nowhere in the entry', async () => {
    intake = await startIntake()
    expect((await intake.post('/v1/playback', withToken('aaaa.valid-viewer1.cccc'))).statusCode).toBe(204)
    expect(intake.entries[0]!.header.viewer).toEqual({ vid: '101' })
    expect(intake.entries[0]!.raw).not.toContain('valid-viewer1')
  })

  it.each(['aaaa.forged.cccc', 'x', 'e', '"quoted"', 'ü', '1795305418341'])(
    'that is not valid leaves the events anonymous, with a word to the sender: %s',
    async (token) => {
      intake = await startIntake()
      const response = await intake.post('/v1/playback', withToken(token))
      expect(response.statusCode).toBe(200)
      expect(response.json()).toMatchObject({
        accepted: 1,
        refused: [],
        diagnostics: [{ code: 'viewer_token.invalid' }],
      })
      expect(intake.entries[0]!.header.viewer).toBeNull()
      expect(intake.entries[0]!.body.events).toEqual(playback().events)
      expect(JSON.stringify(intake.entries[0]!.body.context.viewerToken ?? '')).not.toContain(token)
    },
  )

  it('of nobody who is registered leaves the events anonymous and says so', async () => {
    intake = await startIntake()
    const response = await intake.post('/v1/playback', withToken('aaaa.valid-stranger.cccc'))
    expect(response.json()).toMatchObject({ diagnostics: [{ code: 'viewer.not_found' }] })
    expect(intake.entries[0]!.header.viewer).toBeNull()
  })
})

describe('privacy before the journal', () => {
  it('nothing that reaches or charges a person is in the bytes, wherever it was put', async () => {
    intake = await startIntake()
    const batch = playback({ events: 2 })
    Object.assign(batch.context, {
      deviceId: 'ana@example.org',
      page: {
        url: 'https://cinema.example/watch?email=ana%40example.org#x',
        referrer: 'https://a.example/?q=1',
      },
      ip: '203.0.113.195',
    })
    Object.assign(batch.events[0]!, { note: 'call +34 600 123 456', 'bob@example.org': 1 })
    Object.assign(batch.events[1]!, { deep: [{ card: '4111 1111 1111 1111' }], number: 5555555555554444 })
    const response = await intake.post('/v1/playback', JSON.stringify(batch), {
      'user-agent': 'Crawler/1.0 (+crawler@example.org)',
    })
    expect(response.statusCode).toBe(204)
    const { raw, body, header } = intake.entries[0]!
    expect(raw).not.toMatch(/@|%40|600|4111|5555|\.195/)
    expect(body.context).toMatchObject({
      deviceId: expect.stringMatching(/^\d+$/) as string,
      page: { url: 'https://cinema.example/watch', referrer: 'https://a.example/' },
      content: { id: 'tt0113277', title: 'Heat' },
      ip: '203.0.113.0',
    })
    expect(header.userAgent).toBe('Crawler/1.0 ([e-mail])')
  })

  it('an id that is an address gets the same pseudonym each time', async () => {
    intake = await startIntake()
    const batch = playback()
    batch.context.deviceId = 'ana@example.org'
    await intake.post('/v1/playback', JSON.stringify(batch))
    await intake.post('/v1/playback', JSON.stringify(batch))
    const [first, second] = intake.entries
    expect(first!.body.context.deviceId).toBe(second!.body.context.deviceId)
  })

  it('a key that is named twice hides nothing', async () => {
    intake = await startIntake()
    const body = JSON.stringify(playback()).replace('"title":', '"title":"ana@example.org","title":')
    expect((await intake.post('/v1/playback', body)).statusCode).toBe(204)
    expect(intake.entries[0]!.raw).not.toContain('@')
  })

  it('write keys are not kept, whoever sent them', async () => {
    intake = await startIntake()
    for (const key of ['wk_browser_for_tests', 'sk_server_for_tests', 'sk_short'])
      await intake.post('/v1/playback', JSON.stringify({ ...playback(), key }))
    expect(intake.entries).toHaveLength(3)
    for (const { raw } of intake.entries) expect(raw).not.toMatch(/wk_|sk_/)
  })

  it('claims of a browser key are trusted under the app’s word only', async () => {
    intake = await startIntake()
    for (const key of ['wk_browser_for_tests', 'wk_trusted_for_tests', 'sk_server_for_tests'])
      await intake.post('/v1/playback', JSON.stringify({ ...playback(), key }))
    expect(intake.entries.map(({ header }) => areClaimsTrusted(header))).toEqual([false, true, true])
  })
})

describe('other origins', () => {
  it('may send and read the answer, without credentials', async () => {
    intake = await startIntake()
    const response = await intake.post('/v1/playback', JSON.stringify(playback()), {
      origin: 'https://a.example',
    })
    expect(response.headers['access-control-allow-origin']).toBe('*')
    expect(response.headers['access-control-allow-credentials']).toBeUndefined()
  })

  it.each(['/v1/playback', '/v1/batch', '/v1/b', '/v1/t', '/sourceConfig'])(
    'are answered a preflight of %s once a day',
    async (url) => {
      intake = await startIntake()
      const response = await intake.server.inject({
        method: 'OPTIONS',
        url,
        headers: {
          origin: 'https://a.example',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'anonymousid,authorization,content-type',
        },
      })
      expect(response.statusCode).toBe(204)
      expect(response.headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET, POST, OPTIONS',
        'access-control-allow-headers': 'anonymousid,authorization,content-type',
        'access-control-max-age': '86400',
      })
    },
  )
})

/** The key is overwritten where it stood. */
function withoutKey(body: string): string {
  return body.replace(/wk_\w+/, (key) => '*'.repeat(key.length))
}
