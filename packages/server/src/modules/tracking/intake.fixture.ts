import { createHash } from 'node:crypto'
import type { PlaybackBatch } from '@foyer/contracts'
import { manualClock, systemClock, type ManualClock } from '../../platform/clock.ts'
import { createHttpServer, type HttpServer } from '../../platform/http/index.ts'
import { seededRandom, subjectFrom, type Subject } from '../../platform/ids.ts'
import { createLogger } from '../../platform/log.ts'
import { createMetrics } from '../../platform/metrics.ts'
import { readSettings } from '../../platform/settings.ts'
import type { Journal, Position } from '../../storage/index.ts'
import { decodeEntry, type EntryHeader } from './envelope.ts'
import { createIntake, type IntakeDependencies } from './index.ts'
import { trackingSettings } from './settings.ts'

/** The intake behind the real router, with a journal in memory, three keys and two viewers. */

export const NOW = Date.UTC(2026, 10, 22, 12)

export interface TestIntake {
  readonly server: HttpServer
  readonly clock: ManualClock
  /** What was appended, in order. */
  readonly entries: TestEntry[]
  post(
    url: string,
    body: string | Buffer,
    headers?: Record<string, string | undefined>,
  ): Promise<Awaited<ReturnType<HttpServer['inject']>>>
  /** Values of a counter with their labels. */
  counted(name: string): Promise<[labels: object, value: number][]>
  close(): Promise<void>
}

interface TestEntry {
  readonly header: EntryHeader
  readonly text: string
  // oxlint-disable-next-line typescript/no-explicit-any -- Bodies of every wire; tests look at parts of them.
  readonly body: any
  /** All bytes of the entry, header too. */
  readonly raw: string
}

const APP = { id: 'cinema-web', service: { id: 'cinema' }, defaultMask: 7, trustClientIdentify: false }
const KEYS = new Map([
  ['wk_browser_for_tests', { keyId: '1', keyKind: 'browser' as const, app: APP }],
  [
    'wk_trusted_for_tests',
    { keyId: '2', keyKind: 'browser' as const, app: { ...APP, trustClientIdentify: true } },
  ],
  ['sk_server_for_tests', { keyId: '3', keyKind: 'server' as const, app: APP }],
  ['sk_short', { keyId: '4', keyKind: 'server' as const, app: APP }],
])
const VIEWERS = new Map([
  ['viewer1', '101' as Subject],
  ['viewer2', '102' as Subject],
])

export async function startIntake(
  options: {
    append?: Journal['append']
    settings?: Partial<IntakeDependencies['settings']>
    /** For clients that have a clock of their own. */
    clock?: 'system'
  } = {},
): Promise<TestIntake> {
  const clock = manualClock(NOW)
  const metrics = createMetrics('test')
  const entries: TestEntry[] = []
  const { tracking } = readSettings({ tracking: trackingSettings }, {})
  const intake = createIntake({
    journal: {
      append:
        options.append ??
        (async (bytes) => {
          entries.push(decode(bytes))
          return entries.length as Position
        }),
    },
    accounts: {
      appByWriteKey: async (key) => KEYS.get(key) ?? null,
      async verifyViewerToken(_app, token) {
        const externalId = /^aaaa\.valid-(\w+)\.cccc$/.exec(token)?.[1]
        return externalId === undefined ? { isValid: false, reason: 'forged' } : { isValid: true, externalId }
      },
      resolveExternalIds: async (_service, ids) => new Map([...VIEWERS].filter(([id]) => ids.includes(id))),
    },
    vault: testVault,
    clock: options.clock === 'system' ? systemClock : clock,
    random: seededRandom('intake'),
    settings: { ...tracking, ...options.settings },
    metrics,
  })
  const server = await createHttpServer({
    log: createLogger({ role: 'test', level: 'silent' }),
    authenticate: async () => null,
    requestsPerMinute: 1_000,
    trustedProxies: 1,
    version: 'test',
    isDraining: () => false,
  })
  await intake.routes(server)
  return {
    server,
    clock,
    entries,
    post: async (url, body, headers = {}) =>
      server.inject({
        method: 'POST',
        url,
        payload: body,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Mozilla/5.0 (Test)',
          'x-forwarded-for': '203.0.113.195',
          ...headers,
        },
      }),
    async counted(name) {
      const metric = (await metrics.snapshot()).find((candidate) => candidate.name === name)
      const { values = [] } = metric as { values?: { labels: { role?: string }; value: number }[] }
      return values.map(({ labels, value }) => {
        delete labels.role
        return [labels, value]
      })
    },
    close: () => server.close(),
  }
}

/** Seals visibly, so that tests can open; the real one is tested where it lives. */
export const testVault: IntakeDependencies['vault'] = {
  sealForIntake: (plain) => `sealed.${Buffer.from(plain).toString('base64url')}`,
  pseudonym: (kind, value) => subjectFrom(createHash('sha256').update(`${kind}\0${value}`).digest()),
}

export function unseal(sealed: string): string {
  return Buffer.from(sealed.replace(/^sealed\./, ''), 'base64url').toString()
}

function decode(bytes: Uint8Array): TestEntry {
  const entry = decodeEntry(bytes)
  if (entry.kind !== 'entry') throw new Error(entry.kind)
  const text = Buffer.from(entry.body).toString()
  return { header: entry.header, text, body: JSON.parse(text), raw: Buffer.from(bytes).toString() }
}

/** A batch of the native wire: heartbeats, one a second, the last one now. */
export function playback(options: { events?: number; at?: number } = {}) {
  const { events = 1, at = NOW } = options
  return {
    v: 1,
    key: 'wk_browser_for_tests',
    sentAt: at,
    sdk: { name: 'foyer-web', version: '0.1.0' },
    context: {
      viewId: '01939f5e-7c2a-7b3e-9d4f-5a6b7c8d9e0f',
      deviceId: '9f1b2c3d-4e5f-4a6b-8c7d-1e2f3a4b5c6d',
      content: { id: 'tt0113277', kind: 'vod', title: 'Heat', durationMs: 10_200_000 },
    },
    events: Array.from({ length: events }, (_, seq): Record<string, unknown> => ({
      type: 'heartbeat',
      seq,
      ts: at,
      monoMs: seq * 1_000,
      positionMs: seq * 1_000,
      rate: 1,
    })),
  } satisfies Omit<PlaybackBatch, 'events' | 'context'> & { context: object; events: object[] }
}
