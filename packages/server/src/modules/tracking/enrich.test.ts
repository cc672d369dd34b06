import { describe, expect, test } from 'vitest'
import { openCountries } from './enrich-country.ts'
import { createLocalDates } from './enrich-local-date.ts'
import { createEnrich } from './enrich.ts'
import type { Client, TrackedEvent } from './recorder-event.ts'

const countryOf = openCountries()
const enrich = createEnrich({
  countryOf,
  titleInfo: (id) => (id === 'known' ? { kind: 'live', type: 'channel' } : undefined),
})

describe('country', () => {
  test.each([
    ['2a02:9000::', 'ES'],
    ['8.8.8.0', 'US'],
    ['193.0.6.0', 'NL'],
    ['10.1.2.0', ''],
    ['::1', ''],
    ['not an address', ''],
    ['', ''],
  ])('%s is in %s', (address, country) => {
    expect(countryOf(address)).toBe(country)
  })
})

describe('device', () => {
  const webOs = 'Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 Chrome/94 Safari/537.36 webOS.TV-2023'
  const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36'

  test('what the client declares wins over its user agent', () => {
    const declared = {
      class: 'settop',
      platform: 'settop',
      vendor: 'Acme',
      model: 'Box 2',
      os: 'AcmeOS 3',
    } as const
    expect(of({ userAgent: webOs, declared })).toMatchObject({
      deviceClass: 'settop',
      platform: 'settop',
      vendor: 'Acme',
      model: 'Box 2',
      os: 'AcmeOS 3',
    })
  })

  test('words that are no platform or class are not taken', () => {
    const declared = { class: 'toaster', platform: 'windows' }
    expect(of({ userAgent: webOs, declared })).toMatchObject({ deviceClass: 'tv', platform: 'webos' })
  })

  test('the app’s platform counts where the user agent is a browser’s or absent, and says the class', () => {
    expect(of({ userAgent: chrome }, 'tizen')).toMatchObject({ platform: 'tizen', deviceClass: 'desktop' })
    expect(of({ userAgent: null }, 'roku')).toMatchObject({ platform: 'roku', deviceClass: 'settop' })
    expect(of({ userAgent: null }, '')).toMatchObject({ platform: '', deviceClass: 'unknown' })
    expect(of({ userAgent: webOs }, 'web')).toMatchObject({ platform: 'webos' })
  })

  test('one client after another is told apart', () => {
    expect(of({ userAgent: webOs }).platform).toBe('webos')
    expect(of({ userAgent: chrome }, 'web').platform).toBe('web')
    expect(of({ userAgent: webOs }).platform).toBe('webos')
  })

  function of(client: Partial<Client>, appPlatform = '') {
    return enrich(event({ client: { ...CLIENT, ...client } }), appPlatform)
  }
})

describe('content and referrer', () => {
  test('the kind is what the wire says, else the catalogue; the type is the catalogue’s', () => {
    expect(enrich(event({ contentId: 'known' }), '')).toMatchObject({
      contentKind: 'live',
      contentType: 'channel',
    })
    expect(enrich(event({ contentId: 'known', contentKind: 'vod' }), '')).toMatchObject({
      contentKind: 'vod',
      contentType: 'channel',
    })
    expect(enrich(event({ contentId: 'unknown' }), '')).toMatchObject({ contentKind: '', contentType: '' })
  })

  test.each([
    ['https://www.Example.com:8443/a?b=c#d', 'example.com'],
    ['http://user:password@sub.example.org', 'sub.example.org'],
    ['https://bücher.example/', 'xn--bcher-kva.example'],
    ['android-app://com.google.android.gm/', ''],
    ['javascript:alert(1)', ''],
    ['nonsense', ''],
    ['', ''],
  ])('of the referrer %s only the host is kept: %s', (referrer, host) => {
    expect(enrich(event({ referrer }), '').referrerHost).toBe(host)
  })
})

describe('the day in a zone', () => {
  const localDateOf = createLocalDates()

  test.each([
    ['Europe/Madrid', '2026-03-28T22:59:59.999Z', '2026-03-28'],
    ['Europe/Madrid', '2026-03-28T23:00:00Z', '2026-03-29'],
    // The day on which the clocks went forward has 23 hours.
    ['Europe/Madrid', '2026-03-29T21:59:59Z', '2026-03-29'],
    ['Europe/Madrid', '2026-03-29T22:00:00Z', '2026-03-30'],
    ['Asia/Kathmandu', '2026-01-01T18:14:59Z', '2026-01-01'],
    ['Asia/Kathmandu', '2026-01-01T18:15:00Z', '2026-01-02'],
    ['Pacific/Chatham', '2026-01-01T10:15:00Z', '2026-01-02'],
    ['America/St_Johns', '2026-07-01T02:29:00Z', '2026-06-30'],
    ['UTC', '1969-12-31T23:59:59Z', '1969-12-31'],
    ['UTC', '1901-02-03T00:00:00Z', '1901-02-03'],
  ])('%s %s is %s', (zone, instant, day) => {
    expect(localDateOf(Date.parse(instant), zone)).toBe(day)
  })
})

const CLIENT: Client = { userAgent: null, address: null, country: '', appVersion: '', declared: {} }

function event(fields: Partial<TrackedEvent>): TrackedEvent {
  return { client: CLIENT, contentId: '', contentKind: '', referrer: '', ...fields } as TrackedEvent
}
