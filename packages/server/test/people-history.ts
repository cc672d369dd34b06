import { eraseFromEvents } from '../src/modules/tracking/erase.ts'
import { createPeople } from '../src/modules/tracking/stitching/people.ts'
import { createPublisher } from '../src/modules/tracking/stitching/publish.ts'
import { manualClock } from '../src/platform/clock.ts'
import { newSubject, seededRandom, type Subject } from '../src/platform/ids.ts'
import type { Events } from '../src/storage/index.ts'
import { compareWithOracle } from './people-comparison.ts'
import { PeopleOracle, type OracleEvent } from './people-oracle.ts'
import { NOW, openTestRecorder, plainVault } from './recorder.ts'
import type { TestRecords } from './records.ts'

/**
 * Random histories of people on shared devices (sign-in, sign-out, switch, link, unlink, merge, unmerge, denial, erasure,
 * late events) through the real recorder and stores, with every report held against the oracle.
 */

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const MEASURED = 0b10111
const UNMEASURED = 0b00111
const ANALYTICS = 0b10000
/** A purpose that no report here asks for. */
const ANOTHER = 0b100000
const TITLES = ['harbour', 'lagoon', 'meadow']
const GENDERS = ['female', 'male', 'other', '']
const SERVICE = 'cine'
/** Steps by which what happened may come late. */
const LATE_STEPS_MAX = 60

/**
 * Where a history happens. At home a device has few stretches of use. In the lobby of a hotel one more passes from hand to
 * hand, so that most of its stretches have been forgotten when their late events come.
 */
const PLACES = {
  home: { viewers: 5, devices: ['tv', 'phone', 'tablet'], lobbyWeight: 0 },
  hotel: { viewers: 20, devices: ['tv', 'phone', 'tablet', 'lobby'], lobbyWeight: 30 },
} as const
export type Place = keyof typeof PLACES

export interface HistoryResult {
  readonly comparisons: number
  /** How often each act happened, to see that none is missing. */
  readonly acts: Readonly<Record<string, number>>
  /** Events that came after their stretch was forgotten. */
  readonly forgotten: number
}

/** Lives one history and compares after every few steps. Throws at the first difference, naming seed and step. */
export async function liveHistory(
  stores: { events: Events; records: TestRecords },
  options: { place: Place; seed: string; steps: number; compareEvery: number },
): Promise<HistoryResult> {
  const { events, records } = stores
  const place = PLACES[options.place]
  const draw = seededRandom(options.seed)
  const uniform = () => Buffer.from(draw(6)).readUIntBE(0, 6) / 2 ** 48
  const pick = <T>(items: readonly T[]): T => items[Math.floor(uniform() * items.length)]!
  const service = `${SERVICE}-${options.seed}`
  const oracle = new PeopleOracle()
  const start = NOW - (NOW % DAY_MS) + 8 * 3_600_000
  const clock = manualClock(start + DAY_MS)
  const people = createPeople({ db: records.db, clock })
  const rig = openTestRecorder(events, {
    people,
    clock,
    titleInfo: () => ({ kind: 'vod', type: 'movie' }),
    accounts: {
      appById: async () => ({ platform: 'web', service: { timeZone: 'UTC' } }),
      resolveExternalIds: async () => new Map(),
      applyIdentify: async () => ({ outcome: 'claimed' }),
    },
  })
  const publisher = createPublisher({ db: records.db, events })
  const signedIn = new Map<string, Subject | null>()
  const held: { at: number; events: OracleEvent[] }[] = []
  const acts: Record<string, number> = {}
  let step = 0
  let views = 0
  let comparisons = 0
  let erasures = 0

  await register()
  for (step = 1; step <= options.steps; step++) {
    clock.advance(Math.floor(uniform() * 40 * MINUTE_MS) + 2 * MINUTE_MS)
    await act()
    for (const late of held.filter(({ at }) => at <= step)) {
      held.splice(held.indexOf(late), 1)
      await deliver(late.events)
    }
    if (step % options.compareEvery !== 0) continue
    await rig.recorder.drain()
    while (!(await publisher.publish()));
    const { seed } = options
    const lived = { events, people, oracle, service, start, now: clock.now(), seed, step }
    comparisons += await compareWithOracle(lived)
  }
  await rig.close()
  return { comparisons, acts, forgotten: oracle.forgotten() }

  async function register(): Promise<void> {
    const rows = Array.from({ length: place.viewers }, (_, index) => {
      const vid = newSubject(draw)
      // Some on the days that are compared, the first of them when the history begins.
      const registeredAt = start + DAY_MS - index * 7 * 3_600_000
      const gender = GENDERS[index % GENDERS.length]!
      oracle.viewers.push({ vid, registeredAt, gender })
      return {
        vid,
        version: '1',
        is_deleted: 0,
        service,
        registered_at: new Date(registeredAt).toISOString().replace('T', ' ').replace('Z', ''),
        gender,
        consent_mask: MEASURED,
      }
    })
    await events.insert('viewer', {
      ndjson: rows.map((row) => JSON.stringify(row)).join('\n'),
      token: `viewers of ${service}`,
    })
  }

  async function act(): Promise<void> {
    const living = oracle.viewers.map(({ vid }) => vid).filter((vid) => !oracle.isErased(vid))
    const device = pick(place.devices)
    const vid = pick(living)
    const acting: readonly [string, number, () => Promise<unknown>][] = [
      ['play', 40, () => play(device)],
      ['lobby', place.lobbyWeight, () => passAround('lobby', living)],
      ['sign-in', 14, async () => signedIn.set(device, vid)],
      ['sign-out', 8, async () => signedIn.set(device, null)],
      [
        'unlink',
        4,
        () =>
          both(
            () => people.unlink({ vid, device: deviceOf(device) }),
            () => oracle.unlink(vid, device),
          ),
      ],
      [
        'relink',
        3,
        () =>
          both(
            () => people.relink({ vid, device: deviceOf(device) }),
            () => oracle.relink(vid, device),
          ),
      ],
      ['merge', 5, () => merge(vid, pick(living))],
      [
        'unmerge',
        4,
        () =>
          both(
            () => people.unmerge(vid),
            () => oracle.unmerge(vid),
          ),
      ],
      ['deny', 4, () => deny(vid, pick([ANALYTICS, ANOTHER]))],
      [
        'lift',
        4,
        () =>
          both(
            () => people.deny(vid, 0),
            () => oracle.deny(vid, false),
          ),
      ],
      // Whoever is erased goes with all that were merged; some must be left to live on.
      ['erase', living.length - oracle.vidsOf(vid).length >= 3 ? place.viewers / 5 : 0, () => erase(vid)],
    ]
    let rest = uniform() * acting.reduce((sum, [, weight]) => sum + weight, 0)
    const [name, , perform] = acting.find(([, weight]) => (rest -= weight) < 0)!
    acts[name] = (acts[name] ?? 0) + 1
    // The recorder makes links; acts upon them come after it, as a person's would.
    if (!['play', 'lobby', 'sign-in', 'sign-out'].includes(name)) await rig.recorder.drain()
    await perform()
  }

  async function both(real: () => Promise<unknown>, told: () => void): Promise<void> {
    await real()
    told()
  }

  async function merge(vid: Subject, into: Subject): Promise<void> {
    await people.merge({ vid, into })
    oracle.merge(vid, into)
  }

  async function deny(vid: Subject, denied: number): Promise<void> {
    await people.deny(vid, denied)
    oracle.deny(vid, denied === ANALYTICS)
  }

  async function erase(vid: Subject): Promise<void> {
    const subjects = await people.subjectsOf(vid)
    for (const each of oracle.vidsOf(vid)) await people.deny(each, 0xffff_ffff)
    await eraseFromEvents(events, { id: `${service} ${erasures++}`, subjects, before: clock.now() })
    oracle.erase(vid)
    for (const [device, who] of signedIn) if (who && oracle.isErased(who)) signedIn.set(device, null)
  }

  /** One after the other uses a device for a while, signed in or not. */
  async function passAround(device: string, living: readonly Subject[]): Promise<void> {
    for (let turn = 0; turn < 6; turn++) {
      clock.advance(Math.floor(uniform() * 3 * MINUTE_MS) + MINUTE_MS)
      signedIn.set(device, uniform() < 0.5 ? null : pick(living))
      await play(device)
    }
  }

  /** One view that ended just now, of a length that may or may not make a stream; some come late. */
  async function play(device: string): Promise<void> {
    const ms = pick([2_000, 30_000, 5 * MINUTE_MS, 25 * MINUTE_MS])
    let from = clock.now() - ms - 1_000
    // Not across midnight, so that the oracle needs no quarters of hours.
    if (Math.floor(from / DAY_MS) !== Math.floor(clock.now() / DAY_MS)) from = clock.now() - 3_000
    const length = Math.min(ms, clock.now() - from - 1_000)
    const shared = {
      device,
      vid: signedIn.get(device) ?? null,
      mayMeasure: uniform() < 0.9,
      view: `view-${views++}`,
      title: pick(TITLES),
    }
    const made: OracleEvent[] = [
      { ...shared, ts: from, bytes: 0, played: { ms: length } },
      { ...shared, ts: from + 1_000, bytes: 0, played: null },
      { ...shared, ts: from + 1_000 + length, bytes: 1_000, played: null },
    ]
    if (uniform() < 0.35) held.push({ at: step + Math.floor(uniform() * LATE_STEPS_MAX), events: made })
    else await deliver(made)
  }

  async function deliver(made: readonly OracleEvent[]): Promise<void> {
    const [{ device, vid, mayMeasure, view, title, ts: from }] = made as [OracleEvent]
    await rig.append(
      {
        service,
        app: service,
        receivedAt: clock.now(),
        defaultMask: mayMeasure ? MEASURED : UNMEASURED,
        viewer: vid ? { vid } : null,
      },
      {
        v: 1,
        sentAt: clock.now(),
        context: { viewId: view, deviceId: device, content: { id: title, kind: 'vod' } },
        events: made.map(({ ts, bytes }, seq) => ({
          type: ['play', 'first_frame', 'view_end'][seq],
          seq,
          ts,
          monoMs: ts - from,
          positionMs: Math.max(0, ts - from - 1_000),
          bytes,
        })),
      },
    )
    for (const event of made) oracle.arrive(event)
  }

  function deviceOf(device: string): Subject {
    return plainVault.pseudonym('device', `${service}\n${device}`)
  }
}
