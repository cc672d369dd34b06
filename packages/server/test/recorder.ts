import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeEntry, type EntryHeader } from '../src/modules/tracking/envelope.ts'
import type { Identification } from '../src/modules/tracking/recorder-identify.ts'
import { createRecorder, type Recorder, type RecorderDependencies } from '../src/modules/tracking/recorder.ts'
import { manualClock, type ManualClock } from '../src/platform/clock.ts'
import { sha256, subjectFrom, systemRandom, type Subject } from '../src/platform/ids.ts'
import { createLogger } from '../src/platform/log.ts'
import { createMetrics } from '../src/platform/metrics.ts'
import { openLmdbJournal } from '../src/storage/journal/lmdb-journal.ts'
import { openLmdbRecorderState } from '../src/storage/journal/lmdb-recorder-state.ts'
import type { Journal, RecorderState, SubjectLink } from '../src/storage/index.ts'

/** When tests of the recorder happen: a Sunday noon in winter. */
export const NOW = Date.UTC(2026, 10, 22, 12)

/** A recorder over a real journal and state in a folder of its own; the modules around it are stood in for. */
export interface TestRecorder {
  readonly folder: string
  readonly clock: ManualClock
  readonly journal: Journal
  state(): RecorderState
  readonly recorder: Recorder
  /** What accounts was told. */
  readonly identified: Identification[]
  /** Who turned out to be whom. */
  readonly linked: SubjectLink[]
  append(header: Partial<EntryHeader>, body: object): Promise<void>
  close(): Promise<void>
}

/** Sums up what is the same for most tests; `overrides` says the rest. */
export function openTestRecorder(
  events: RecorderDependencies['events'],
  overrides: Partial<RecorderDependencies> & { folder?: string } = {},
): TestRecorder {
  const folder = overrides.folder ?? mkdtempSync(join(tmpdir(), 'foyer-recorder-'))
  const clock = manualClock(NOW)
  const journal = openLmdbJournal(join(folder, 'journal'), { bytesMax: 500_000_000, entriesMax: 1_000_000 })
  const state = openLmdbRecorderState(join(folder, 'recorder'), { journalId: journal.id })
  const identified: Identification[] = []
  const linked: SubjectLink[] = []
  const deps: RecorderDependencies = {
    journal,
    state,
    events,
    vault: plainVault,
    accounts: {
      appById: async () => ({ platform: 'web', service: { timeZone: 'Europe/Madrid' } }),
      resolveExternalIds: async (_, ids) => new Map([...ids].map((id) => [id, vidOf(id)])),
      async applyIdentify(identification) {
        identified.push(identification)
        return { outcome: 'unchanged', dropped: [] }
      },
    },
    people: { link: async (links) => void linked.push(...links) },
    titleInfo: (id) => (id.startsWith('movie') ? { kind: 'vod', type: 'movie' } : undefined),
    setAsideFolder: join(folder, 'set-aside'),
    settings: { batchRowsMax: 20_000, batchBytesMax: 8_000_000, batchEvery: 250 },
    clock,
    // Not seeded: two recorders of one test must not draw the same subjects.
    random: systemRandom,
    metrics: createMetrics('test'),
    log: createLogger({ role: 'test', level: 'silent' }),
    presence: { betweenBatches: async () => undefined, take() {}, readTo() {} },
    ...overrides,
  }
  const recorder = createRecorder(deps)
  return {
    folder,
    clock,
    journal,
    state: () => state,
    recorder,
    identified,
    linked,
    async append(header, body) {
      await journal.append(entryOf(header, body))
    },
    async close() {
      await recorder.stop()
      await journal.close()
      await state.close()
      if (!overrides.folder) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A vault that seals nothing, so that tests read what they wrote. */
export const plainVault: RecorderDependencies['vault'] = {
  openFromIntake: (text) => text,
  pseudonym: (kind, value) => subjectFrom(Buffer.from(sha256(`${kind}\n${value}`), 'hex')),
}

/** The subject that the stand-in for accounts gives an external id. */
export function vidOf(externalId: string): Subject {
  return subjectFrom(Buffer.from(sha256(`viewer ${externalId}`), 'hex'))
}

/** An entry of a browser app that may measure, with what a test says instead. */
export function entryOf(header: Partial<EntryHeader>, body: object): Uint8Array {
  const defaults: EntryHeader = {
    v: 1,
    wire: 'playback',
    receivedAt: NOW,
    clockOffsetMs: 0,
    app: 'web-app',
    service: 'cine',
    keyKind: 'browser',
    address: '203.0.113.0',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36',
    defaultMask: 0b10111,
    viewer: null,
    trustClientIdentify: false,
  }
  return encodeEntry({ ...defaults, ...header }, Buffer.from(JSON.stringify(body)))
}
