import { mkdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Clock } from '../../platform/clock.ts'
import { inspectKeyFolder } from '../../platform/vault/index.ts'
import {
  copyJournal,
  freezeEvents,
  type FrozenEvents,
  holdRecorder,
  holdRecords,
  isBesideParts,
  type HeldRecorder,
} from '../../storage/index.ts'
import type { DataFolder } from '../data-folder.ts'
import type { ProgressBar } from '../progress.ts'
import type { StoreClients } from '../stores.ts'
import { programVersion } from '../version.ts'
import { copyTree, digestFile, inParallel, listTree, treeBytes } from './copy-tree.ts'
import { countFrozenRows, countRecords, migrationsOf, plainTables } from './counts.ts'
import { BACKUP_FORMAT, type Manifest, type ManifestEntry } from './manifest.ts'
import { requireSpace } from './places.ts'
import { beginSettledCopy, type SettledCopy } from './settled-copy.ts'

/** Where a backup comes from and goes to. */
export interface CopyStoresOptions {
  readonly folder: DataFolder
  readonly stores: StoreClients
  /** The folder to be made. */
  readonly to: string
  /** Whether a worker may be recording meanwhile. */
  readonly wasRunning: boolean
  readonly clock: Clock
  readonly bar: ProgressBar
}

/**
 * Copies the embedded stores as they are at one moment:
 *
 *     copy RECORDS while they change → hold the recorder between two batches → hold RECORDS
 *       → link the parts of EVENTS → copy what changed of RECORDS → note the end of the journal: the moment
 *       → let RECORDS go → copy what the journal holds up to there and the recorder's memory → let the recorder go
 *       → copy the linked parts, and what lies beside the stores
 *
 * Whoever sends events does not wait. See docs/adr/0008-backups.md.
 */
export async function copyStores(options: CopyStoresOptions): Promise<Manifest> {
  const { folder, stores, to, bar } = options
  const { fingerprints } = inspectKeyFolder(folder.keys)
  await requireSpace(dirname(to), await bytesNeeded(folder))
  mkdirSync(to, { mode: 0o700 })

  const records = await beginSettledCopy(
    { from: folder.records, to: join(to, 'records') },
    meter(bar, 'Records', await treeBytes(folder.records)),
  )
  bar.show('Holding still', 0, null)
  const moment = await copyMoment(options, records)
  try {
    const parts = await copyTree(
      await listTree(moment.partsFolder),
      { from: moment.partsFolder, to: join(to, 'events') },
      meter(bar, 'Events', await treeBytes(moment.partsFolder)),
    )
    const beside = new Set(moment.eventsBeside.map(({ path }) => path))
    const others = await listTree(folder.root, isOther)
    return {
      format: BACKUP_FORMAT,
      foyer: programVersion(),
      at: moment.at,
      migrations: moment.migrations,
      journal: { id: stores.journal.id, entries: moment.waiting },
      counts: {
        records: moment.counts,
        events: countFrozenRows(moment.partsFolder, await plainTables(stores.events)),
      },
      keys: fingerprints,
      held: moment.held,
      entries: [
        ...within('records', moment.records),
        ...within('events', [...moment.eventsBeside, ...parts.filter(({ path }) => !beside.has(path))]),
        ...within('journal', await digests(join(to, 'journal'))),
        ...within('recorder', await digests(join(to, 'recorder'))),
        ...(await copyTree(others, { from: folder.root, to })),
      ],
    }
  } finally {
    await moment.release()
  }
}

/** What is held, and copied or linked while it is. */
interface Moment {
  /** RFC 3339. */
  readonly at: string
  readonly records: readonly ManifestEntry[]
  readonly eventsBeside: readonly ManifestEntry[]
  readonly partsFolder: string
  readonly migrations: Manifest['migrations']
  readonly counts: Manifest['counts']['records']
  /** Entries of the journal that are in the copy. */
  readonly waiting: number
  readonly held: Manifest['held']
  /** Deletes the links. */
  release(): Promise<void>
}

async function copyMoment(options: CopyStoresOptions, records: SettledCopy): Promise<Moment> {
  const { folder, stores, to, wasRunning } = options
  const { journal } = stores
  let heldSince = 0
  const { still, waiting } = await holdRecorder(
    folder.recorder,
    { journalId: journal.id, isRecording: wasRunning },
    async (recorder) => {
      heldSince = performance.now()
      const still = await copyWhileAllStands(options, records)
      try {
        return { still, waiting: await copyMemory(recorder, still) }
      } catch (error) {
        await still.release()
        throw error
      }
    },
  )
  const recorderMs = Math.round(performance.now() - heldSince)
  return { ...still, waiting, held: { recorderMs, recordsMs: still.recordsMs } }

  /** The recorder alone needs to be held for this: what is copied grows at its end only. */
  async function copyMemory(recorder: HeldRecorder, still: { upTo: Still['upTo'] }): Promise<number> {
    const range = { after: recorder.cursor, upTo: still.upTo }
    const waiting = await copyJournal(journal, range, join(to, 'journal'))
    await recorder.copyTo(join(to, 'recorder'))
    return waiting
  }
}

type Still = Omit<Moment, 'waiting' | 'held'> & {
  readonly upTo: ReturnType<StoreClients['journal']['last']>
  readonly recordsMs: number
}

/** With the recorder held: holds RECORDS too, so that nothing of the three stores can change but the journal's end. */
async function copyWhileAllStands(options: CopyStoresOptions, records: SettledCopy): Promise<Still> {
  const { folder, stores, to, clock } = options
  const from = performance.now()
  let eventsBeside: ManifestEntry[] = []

  async function copyBeside(): Promise<void> {
    rmSync(join(to, 'events'), { recursive: true, force: true })
    const entries = await listTree(folder.events, isBesideParts)
    eventsBeside = await copyTree(entries, { from: folder.events, to: join(to, 'events') })
  }

  let frozen: FrozenEvents | undefined
  try {
    const still = await holdRecords(stores.records, async (client) => {
      frozen = await freezeEvents(stores.events, folder.events, String(process.pid), copyBeside)
      return {
        ...frozen,
        records: await records.settle(),
        migrations: await migrationsOf(client, stores.events),
        counts: await countRecords(client),
        upTo: stores.journal.last(),
        at: new Date(clock.now()).toISOString(),
      }
    })
    return { ...still, eventsBeside, recordsMs: Math.round(performance.now() - from) }
  } catch (error) {
    await frozen?.release()
    throw error
  }
}

/** What is copied by its own way, belongs to a running instance alone, or must not lie in a backup. */
const NOT_OTHER = /^(records|events|journal|recorder|keys|run|[^/]*\.lock|[^/]*\.(new|draft)|\.[^/]*)$/

/** Files of the data folder beside its stores: what was set aside, the demo's state, a manual clock. */
function isOther(path: string): boolean {
  return !NOT_OTHER.test(path)
}

function within(part: string, entries: readonly ManifestEntry[]): ManifestEntry[] {
  return [
    { path: part, isFolder: true },
    ...entries.map((entry) => ({ ...entry, path: `${part}/${entry.path}` })),
  ]
}

/** The copies of LMDB environments; each process makes the file of its lock anew. */
async function digests(folder: string): Promise<ManifestEntry[]> {
  rmSync(join(folder, 'lock.mdb'), { force: true })
  const files = await listTree(folder)
  return await inParallel(files, async ({ path }) => ({ path, ...(await digestFile(join(folder, path))) }))
}

/** At most: the journal's file may be far larger than what it holds. */
async function bytesNeeded(folder: DataFolder): Promise<number> {
  const files = [join(folder.journal, 'data.mdb'), join(folder.recorder, 'data.mdb')]
  const environments = files.reduce((sum, file) => sum + statSync(file).size, 0)
  const events = await treeBytes(folder.events, (path) => path !== 'shadow')
  return environments + events + (await treeBytes(folder.records))
}

/** Shows megabytes done. */
function meter(bar: ProgressBar, step: string, bytesTotal: number): (bytes: number) => void {
  const inMegabytes = (bytes: number) => Math.ceil(bytes / 1e6)
  let done = 0
  bar.show(step, 0, inMegabytes(bytesTotal))
  return (bytes) => {
    done += bytes
    bar.show(step, inMegabytes(done), Math.max(inMegabytes(bytesTotal), inMegabytes(done)))
  }
}
