import { createHmac } from 'node:crypto'
import type { TestInstance } from './instance.ts'
import { testApp, type TestOperator } from './operator.ts'

/**
 * A small known audience in Madrid around the day on which the clocks went back, 25 October 2026, and one viewer who
 * watched something this very day.
 */
export interface KnownAudience {
  readonly service: string
  readonly app: string
  readonly browserKey: string
  /** External id of the viewer who watched, with signs that must survive a URL. */
  readonly watcher: string
  /** Epoch ms of the first of the watcher's events; the others follow by the second. */
  readonly watchedAt: number
}

export const WATCHER_EVENTS = [
  'player_loaded',
  'play',
  'playing',
  'pause',
  'resume',
  'seek_end',
  'stall_start',
  'my_event',
]

const WATCHER = 'ana/ruiz+tv?é'

export async function knownAudience(instance: TestInstance, operator: TestOperator): Promise<KnownAudience> {
  const { service, app, browserKey } = await testApp(operator)
  const register = (externalId: string, viewer: Record<string, unknown>) =>
    operator.call('POST', '/v1/viewers', { service, app, externalId, ...viewer })
  // One second before and exactly at local midnight, and both hours of two o'clock.
  await register('v1', {
    registeredAt: '2026-10-24T21:59:59.999Z',
    gender: 'female',
    ageAtRegistration: 17,
    country: 'ES',
    region: 'ES-MD',
    city: 'Madrid',
  })
  await register('v2', {
    registeredAt: '2026-10-24T22:00:00.000Z',
    gender: 'female',
    ageAtRegistration: 18,
    country: 'ES',
    region: 'ES-MD',
    city: 'Getafe',
  })
  await register('v3', {
    registeredAt: '2026-10-25T00:30:00.000Z',
    gender: 'male',
    ageAtRegistration: 24,
    country: 'ES',
    region: 'ES-CT',
    city: 'Barcelona',
  })
  await register('v4', {
    registeredAt: '2026-10-25T01:30:00.000Z',
    gender: 'female',
    ageAtRegistration: 65,
    country: 'PT',
  })
  await register('v5', { registeredAt: '2026-10-26T10:00:00.000Z', gender: 'other', country: 'FR' })
  await register('v6', { registeredAt: '2026-10-26T11:00:00.000Z' })
  await register('v7', {
    registeredAt: '2026-10-26T12:00:00.000Z',
    gender: 'male',
    ageAtRegistration: 40,
    country: 'ES',
  })
  await register(WATCHER, { registeredAt: '2026-01-15T10:00:00.000Z', name: 'Ana Ruiz', gender: 'female' })
  await operator.call('POST', '/v1/titles', { id: 'harbour', kind: 'movie', name: 'The Long Harbour' })

  const watchedAt = Date.now() - 120_000
  await watch(instance, operator, { app, browserKey, watchedAt })
  return { service, app, browserKey, watcher: WATCHER, watchedAt }
}

/** Waits until all that the watcher did can be seen in reports. */
export async function untilEventsAreIn(operator: TestOperator, audience: KnownAudience): Promise<void> {
  const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)
  const path = `/v1/viewers/${encodeURIComponent(audience.watcher)}/report/events?from=${day(-1)}&to=${day(1)}`
  for (let turn = 0; turn < 200; turn++) {
    const { items } = await operator.call<{ items: unknown[] }>('GET', path)
    if (items.length === WATCHER_EVENTS.length) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the events did not arrive')
}

/** Sends one playback of the watcher, eight events a second apart, vouched for by a viewer token. */
async function watch(
  instance: TestInstance,
  operator: TestOperator,
  by: { app: string; browserKey: string; watchedAt: number },
): Promise<void> {
  const { secret } = await operator.call<{ secret: string }>(
    'POST',
    `/v1/apps/${by.app}/viewer-token-secrets`,
  )
  const viewerToken = signedToken({ sub: WATCHER, exp: Math.floor(Date.now() / 1_000) + 300 }, secret)
  const response = await fetch(`${instance.url}/v1/playback`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0.0.0',
    },
    body: JSON.stringify({
      v: 1,
      key: by.browserKey,
      sentAt: Date.now(),
      context: {
        viewId: 'view-1',
        deviceId: 'device-1',
        viewerToken,
        content: { id: 'harbour', kind: 'vod', durationMs: 7_200_000 },
        device: { platform: 'tizen', class: 'tv', vendor: 'Samsung', model: 'QE55' },
      },
      events: WATCHER_EVENTS.map((type, seq) => ({
        type,
        seq,
        ts: by.watchedAt + seq * 1_000,
        monoMs: seq * 1_000,
        positionMs: seq * 60_000,
      })),
    }),
  })
  if (response.status !== 204)
    throw new Error(`the events were not taken: ${response.status} ${await response.text()}`)
}

/** A JSON Web Token as any library would make it (RFC 7515, HS256). */
function signedToken(claims: Record<string, unknown>, secret: string): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`
}
