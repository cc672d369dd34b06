import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../platform/clock.ts'
import { newSubject, type RandomSource, type Subject } from '../../platform/ids.ts'
import type { Logger } from '../../platform/log.ts'
import type { Metrics } from '../../platform/metrics.ts'
import type { SettingValues } from '../../platform/settings.ts'
import type { Vault } from '../../platform/vault/index.ts'
import type { Events, Journal, RecorderState, SealedBatch } from '../../storage/index.ts'
import { openCountries } from './enrich-country.ts'
import { createLocalDates } from './enrich-local-date.ts'
import { createEnrich } from './enrich.ts'
import type { Sightings } from './presence-sightings.ts'
import { openBatch, type Batch, type BatchDependencies } from './recorder-batch.ts'
import type { Identification, IdentifyVerdict } from './recorder-identify.ts'
import { insertUntilDone } from './recorder-insert.ts'
import { openSetAside } from './recorder-set-aside.ts'
import type { recorderSettings } from './recorder-settings.ts'
import type { People } from './stitching/people.ts'

/**
 * The recorder takes requests from the journal to EVENTS, each event exactly once.
 *
 *     read → decode → drop what came before → whose is it → enrich → fold views → rows
 *       → seal (rows, links, what was seen, what is remembered and the cursor: one commit)
 *       → link → insert under the batch's tokens → unseal → commit and trim the journal
 *
 * Before the seal nothing has happened, and after it nothing is computed again: a crash between repeats an insert whose
 * token EVENTS knows. See docs/adr/0005-journal-and-exactly-once.md.
 */
export interface Recorder {
  start(): void
  /** Records everything that the journal holds now and resolves when EVENTS has it. For tests and importers. */
  drain(): Promise<void>
  /** Ends after the step under way; what is sealed and not inserted is inserted at the next start. */
  stop(): Promise<void>
}

export interface RecorderDependencies {
  readonly journal: Journal
  readonly state: RecorderState
  readonly events: Pick<Events, 'insert'>
  readonly vault: Pick<Vault, 'openFromIntake' | 'pseudonym'>
  readonly accounts: RecorderAccounts
  readonly people: Pick<People, 'link'>
  /** What the catalogue knows of a title or channel, from memory. */
  titleInfo(contentId: string): { readonly kind: string; readonly type: string } | undefined
  /** Where what cannot be recorded is kept. */
  readonly setAsideFolder: string
  readonly settings: SettingValues<typeof recorderSettings>
  readonly clock: Clock
  readonly random: RandomSource
  readonly metrics: Metrics
  readonly log: Logger
  readonly presence: RecorderPresence
}

/** Who counts who is there, told as the recorder goes. None of it may fail or wait long: recording goes first. */
export interface RecorderPresence {
  /** Called between batches, when EVENTS has everything that was sealed: the moment to make up for a restart. */
  betweenBatches(): Promise<void>
  /** A batch was sealed; EVENTS may not have it yet, however slow it is. */
  take(sightings: Sightings): void
  /** Everything that the journal was given until then (epoch ms) has been taken. */
  readTo(time: number): void
}

/** What the recorder needs of the module accounts. */
export interface RecorderAccounts {
  /** An app and its service; null when it was deleted since. */
  appById(
    id: string,
  ): Promise<{ readonly platform: string; readonly service: { readonly timeZone: string } } | null>
  /** The subjects of the viewers that a service knows by these ids; new ids are given one. */
  resolveExternalIds(service: string, externalIds: Iterable<string>): Promise<ReadonlyMap<string, Subject>>
  /** Takes what an `identify` says; doing it again changes nothing. */
  applyIdentify(identification: Identification): Promise<IdentifyVerdict>
}

/** What is read of the journal at once: the batch's limits are looked at between. */
const SLICE = { entries: 100, bytes: 200_000 }
const BACK_OFF_MS_MIN = 100
const BACK_OFF_MS_MAX = 10_000
/**
 * What a batch may take to be made while more waits than a slice: reports are behind anyway, and larger batches make
 * fewer parts in EVENTS.
 */
const BEHIND_MS_MAX = 1_000
/** The loop looks around this often even when nothing rings. */
const LOOK_MS = 1_000
const HOUSEKEEPING_MS = 10_000
/** What is forgotten in one turn of housekeeping, so that the line does not stand still for it. */
const FORGET_KEYS_MAX = 100_000
const FORGET_VALUES_MAX = 5_000
/** What was set aside waits this long for an engineer. */
const FORGET_ASIDE_MS = 30 * 86_400_000

export function createRecorder(deps: RecorderDependencies): Recorder {
  const { journal, state, clock, settings, log, presence } = deps
  const batchDeps = batchDependencies(deps)
  const count = createCounters(deps)
  const stopping = new AbortController()
  let bell = Promise.withResolvers<void>()
  let loop: Promise<void> | null = null
  let unsubscribe = () => {}
  let keptHouseAt = -Infinity
  /** One step at a time, whoever asks. */
  let line: Promise<unknown> = Promise.resolve()

  function inLine<T>(work: () => Promise<T>): Promise<T> {
    const turn = line.then(work, work)
    line = turn.catch(() => {})
    return turn
  }

  /** The insert of the batch before, while it is under way; null when there is none or it failed. */
  let inserting: Promise<void> | null = null

  function beginInsert(sealed: SealedBatch): void {
    const insert = insertSealed(sealed).finally(() => {
      if (inserting === insert) inserting = null
    })
    // Whoever goes on awaits it; until then a failure is nobody's.
    insert.catch(() => {})
    inserting = insert
  }

  /**
   * Records at most one batch: of nothing, of all that was there, or of a part while more waits. In that case the next
   * batch is made while EVENTS takes this one; there is never more than one sealed.
   */
  async function recordBatch(): Promise<'nothing' | 'some' | 'more'> {
    if (!inserting) {
      const unfinished = state.sealed()
      if (unfinished) await insertSealed(unfinished)
      await presence.betweenBatches()
    }
    const batch = openBatch(batchDeps)
    const before = state.cursor()
    const startedAt = performance.now()
    const msMax =
      journal.backlog().entries > SLICE.entries
        ? Math.max(BEHIND_MS_MAX, settings.batchEvery)
        : settings.batchEvery
    let after = before
    let isAll = false
    let readToEndAt: number | null = null
    // However fast more comes, a batch ends: by size, by what it has looked at (a flood of repetitions has no rows), by time.
    while (!hasReachedLimits(batch) && performance.now() - startedAt < msMax) {
      const lookedAt = clock.now()
      const entries = journal.read(after, SLICE)
      const last = entries.at(-1)
      isAll = !last
      if (!last) {
        readToEndAt = lookedAt
        break
      }
      await batch.add(entries)
      after = last.position
      // Making is work without a pause: the insert of the batch before would wait for its own answers.
      await turn()
    }
    if (after === before) {
      await inserting
      if (readToEndAt !== null) presence.readTo(readToEndAt)
      return 'nothing'
    }
    const number = state.nextNumber()
    // Random besides, so that a state restored from a backup never makes a token that EVENTS has seen.
    const tokenPrefix = `${journal.id}:${number}:${Buffer.from(deps.random(6)).toString('hex')}`
    const { sealed, changes, sightings } = batch.finish({
      now: clock.now(),
      number,
      upTo: after,
      tokenPrefix,
    })
    await inserting
    await state.seal(sealed, changes)
    presence.take(sightings)
    const readTo = readToEndAt ?? batch.counts.newestReceivedAt
    if (readTo !== null) presence.readTo(readTo)
    beginInsert(sealed)
    if (isAll) await inserting
    count.batch(batch)
    return isAll ? 'some' : 'more'
  }

  function hasReachedLimits(batch: Batch): boolean {
    const { duplicates, unreadable } = batch.counts
    return (
      batch.rows + duplicates + unreadable >= settings.batchRowsMax || batch.bytes >= settings.batchBytesMax
    )
  }

  async function insertSealed(sealed: SealedBatch): Promise<void> {
    // First, so that reports know the person when they know the events.
    if (sealed.links.length > 0) await deps.people.link(sealed.links)
    for (const insert of sealed.inserts)
      count.aside(await insertUntilDone(insert, stopping.signal, { ...batchDeps, events: deps.events }))
    await state.unseal()
    if (sealed.upTo === null) return
    await journal.commit(sealed.upTo)
    await journal.trim()
  }

  /** Forgets what is over: views that nobody reopens, devices that are gone, message ids after their days. */
  async function keepHouse(): Promise<void> {
    if (clock.now() - keptHouseAt < HOUSEKEEPING_MS) return
    keptHouseAt = clock.now()
    await inserting
    const over = (['view', 'device'] as const).flatMap((kind) =>
      state.due(kind, keptHouseAt, FORGET_VALUES_MAX).map((key) => ({ kind, key, value: null })),
    )
    if (over.length > 0) {
      await state.seal(
        { number: state.nextNumber(), upTo: null, inserts: [], links: [] },
        { seen: [], remember: over },
      )
      await state.unseal()
    }
    await state.expire(keptHouseAt, FORGET_KEYS_MAX)
    batchDeps.setAside.forgetBefore(keptHouseAt - FORGET_ASIDE_MS)
  }

  async function run(): Promise<void> {
    let backOffMs = BACK_OFF_MS_MIN
    while (!stopping.signal.aborted) {
      bell = Promise.withResolvers()
      const startedAt = performance.now()
      try {
        count.backlog()
        const done = await inLine(recordBatch)
        await inLine(keepHouse)
        backOffMs = BACK_OFF_MS_MIN
        if (done === 'some') await pause(settings.batchEvery - (performance.now() - startedAt))
        else if (done === 'nothing') await Promise.race([bell.promise, pause(LOOK_MS)])
      } catch (error) {
        if (stopping.signal.aborted) return
        log.error({ err: error, waitMs: backOffMs }, 'the recorder stands still; trying again')
        await pause(backOffMs)
        backOffMs = Math.min(2 * backOffMs, BACK_OFF_MS_MAX)
      }
    }
  }

  /** The machine's time on purpose: time that is moved by hand must not hold a batch back. */
  async function pause(ms: number): Promise<void> {
    if (ms > 0) await delay(ms, undefined, { signal: stopping.signal }).catch(() => {})
  }

  return {
    start() {
      unsubscribe = journal.onAppend(() => bell.resolve())
      loop = run()
    },
    async drain() {
      while ((await inLine(recordBatch)) !== 'nothing');
    },
    async stop() {
      unsubscribe()
      stopping.abort(new Error('the recorder is stopping'))
      bell.resolve()
      await loop
      await line
      await inserting?.catch(() => {})
    },
  }
}

function batchDependencies(deps: RecorderDependencies): BatchDependencies {
  const { state, vault, accounts, random, log } = deps
  const dropped = deps.metrics.counter(
    'foyer_recorder_dropped_traits_total',
    'Traits of verified identify messages that were not taken, by field; `all` where none of a message was.',
    ['field'],
  )
  return {
    state,
    log,
    setAside: openSetAside(deps.setAsideFolder),
    enrich: createEnrich({ countryOf: openCountries(), titleInfo: deps.titleInfo }),
    localDateOf: createLocalDates(),
    appById: accounts.appById,
    resolveViewers: accounts.resolveExternalIds,
    applyIdentify: accounts.applyIdentify,
    countDropped: (field) => dropped.inc({ field }),
    openFromIntake: vault.openFromIntake,
    pseudonym: vault.pseudonym,
    drawSubject: () => newSubject(random),
  }
}

function createCounters({ metrics, clock, journal }: RecorderDependencies) {
  const events = metrics.counter('foyer_recorder_events_total', 'Events recorded.')
  const duplicates = metrics.counter('foyer_recorder_duplicates_total', 'Events that had come before.')
  const aside = metrics.counter(
    'foyer_recorder_set_aside_total',
    'What could not be recorded: entries that cannot be read, rows that EVENTS cannot read.',
    ['what'],
  )
  const backlog = metrics.gauge('foyer_journal_backlog_entries', 'Requests in the journal.')
  const backlogBytes = metrics.gauge('foyer_journal_backlog_bytes', 'Bytes in the journal.')
  const lag = metrics.histogram(
    'foyer_recorder_lag_seconds',
    'From the receipt of the oldest event of a batch until EVENTS had it.',
    [0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 600],
  )
  return {
    batch({ counts }: Batch) {
      events.inc(counts.events)
      duplicates.inc(counts.duplicates)
      if (counts.unreadable > 0) aside.inc({ what: 'entry' }, counts.unreadable)
      if (counts.oldestReceivedAt !== null)
        lag.observe(Math.max(0, clock.now() - counts.oldestReceivedAt) / 1_000)
    },
    backlog() {
      const waiting = journal.backlog()
      backlog.set(waiting.entries)
      backlogBytes.set(waiting.bytes)
    },
    aside(rows: number) {
      if (rows > 0) aside.inc({ what: 'row' }, rows)
    },
  }
}
