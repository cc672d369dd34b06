import { setTimeout as delay } from 'node:timers/promises'
import { SignJWT } from 'jose'
import type { PlaybackBatch } from '@foyer/contracts'
import { APPS, openLiveHouse, type LiveView, type World } from '@foyer/simulator'
import type { Logger } from '../platform/log.ts'
import { DEMO_ACTOR } from './demo-audience.ts'
import type { Workbench } from './workbench.ts'

/** How an app of the demo reaches the intake. */
export interface AppAccess {
  /** Public, as in any app. */
  readonly writeKey: string
  /** By which the operator's server would sign viewer tokens. */
  readonly tokenSecret: string
}

/** Label of the keys that the demo's players use. */
const LABEL = 'Demo players'

/** Keys and secrets for all apps of the demo: the secrets of the start before are replaced, since nobody kept them. */
export async function giveAccess({ modules }: Workbench): Promise<ReadonlyMap<string, AppAccess>> {
  const { keys } = modules.accounts
  const access = new Map<string, AppAccess>()
  for (const { id: app } of APPS) {
    const known = await keys.listWriteKeys(app, { limit: 500, cursor: undefined })
    const ours = known.items.find(({ label, revokedAt, key }) => label === LABEL && revokedAt === null && key)
    const { key } = ours ?? (await keys.createWriteKey(DEMO_ACTOR, app, { kind: 'browser', label: LABEL }))
    const secrets = await keys.listTokenSecrets(app, { limit: 500, cursor: undefined })
    for (const { id, revokedAt } of secrets.items)
      if (revokedAt === null) await keys.revokeTokenSecret(DEMO_ACTOR, app, id)
    const { secret } = await keys.createTokenSecret(DEMO_ACTOR, app)
    access.set(app, { writeKey: key!, tokenSecret: secret! })
  }
  return access
}

export interface LiveTraffic {
  /** Ends it: nothing is sent any more once it resolves. */
  stop(): Promise<void>
}

const TICK_MS = 1_000
const TOKEN_LIFETIME_S = 4 * 3_600
const REQUEST_MS_MAX = 10_000
/** A failure is told at most so often. */
const TELL_EVERY_MS = 60_000

/**
 * Lets people of the world watch now: their apps talk to the intake over HTTP, on the real clock, with viewer tokens and
 * public keys, as apps do. There are as many at a time as send `rate` events a second, signed in or not.
 */
export function startLiveTraffic(options: {
  url: string
  world: World
  rate: number
  access: ReadonlyMap<string, AppAccess>
  log: Logger
}): LiveTraffic {
  const { url, world, rate, access, log } = options
  const house = openLiveHouse(world, rate)
  const stopping = new AbortController()
  const { signal } = stopping
  const playing = new Set<Promise<void>>()
  let toldAt = -Infinity

  function tell(error: unknown): void {
    if (signal.aborted || performance.now() - toldAt < TELL_EVERY_MS) return
    toldAt = performance.now()
    log.warn({ err: error }, "the demo's players cannot reach the intake; they go on trying")
  }

  async function letIn(): Promise<void> {
    while (!signal.aborted) {
      for (const view of house.arrivals(Date.now())) begin(view)
      await delay(TICK_MS, undefined, { signal }).catch(() => {})
    }
  }

  function begin(view: LiveView): void {
    const app = access.get(view.device.app)!
    const done = play(view, { url, app, signal, tell })
      .catch(tell)
      .finally(() => {
        house.leave(view)
        playing.delete(done)
      })
    playing.add(done)
  }

  const lettingIn = letIn()
  return {
    async stop() {
      stopping.abort()
      await lettingIn
      await Promise.all(playing)
    },
  }
}

interface Playing {
  readonly url: string
  readonly app: AppAccess
  readonly signal: AbortSignal
  tell(error: unknown): void
}

/** One view from its page to its end, each batch when its time has come. */
async function play(view: LiveView, { url, app, signal, tell }: Playing): Promise<void> {
  const token = view.viewer === null ? {} : { viewerToken: await tokenFor(view.viewer, app) }
  const post = (path: string, body: unknown): Promise<void> =>
    send(`${url}${path}`, body, { view, app, signal }).catch(tell)

  await post('/v1/batch', {
    context: token,
    batch: [
      {
        type: view.device.platform === 'web' ? 'page' : 'screen',
        messageId: `page-${view.context.viewId}`,
        anonymousId: view.device.deviceId,
        name: 'Home',
        timestamp: new Date().toISOString(),
      },
    ],
    sentAt: new Date().toISOString(),
  })
  for (const { at, events } of view.batches) {
    await delay(Math.max(0, at - Date.now()), undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    const batch: PlaybackBatch = {
      v: 1,
      key: app.writeKey,
      sentAt: Date.now(),
      sdk: { name: 'foyer-simulator', version: '0.1.0' },
      context: { ...view.context, ...token },
      events: [...events],
    }
    await post('/v1/playback', batch)
  }
}

/** As the operator's server would sign it. */
function tokenFor(viewer: string, { tokenSecret }: AppAccess): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(viewer)
    .setExpirationTime(`${TOKEN_LIFETIME_S}s`)
    .sign(new TextEncoder().encode(tokenSecret))
}

async function send(
  url: string,
  body: unknown,
  { view, app, signal }: { view: LiveView; app: AppAccess; signal: AbortSignal },
): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${app.writeKey}`,
      'user-agent': view.device.userAgent,
      'x-forwarded-for': view.device.address,
    },
    body: JSON.stringify(body),
    signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS_MAX)]),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 200)}`)
}
