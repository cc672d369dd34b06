import { join } from 'node:path'
import { fileClock, systemClock, type Clock } from '../platform/clock.ts'
import { StartupError } from '../platform/errors.ts'
import type { Logger } from '../platform/log.ts'
import { createVault, openFileKeyRing, type Vault } from '../platform/vault/index.ts'
import {
  openEvents,
  openLmdbJournal,
  openRecords,
  type Events,
  type Journal,
  type Records,
} from '../storage/index.ts'
import type { Configuration } from './configuration.ts'
import type { DataFolder } from './data-folder.ts'

/** The clients of the stores, the same in every process that uses them. */
export interface Stores {
  readonly records: Records
  readonly events: Events
  readonly journal: Journal
  readonly vault: Vault
  close(): Promise<void>
}

export function openStores(
  configuration: Configuration,
  folder: DataFolder,
  options: { clock: Clock; log: Logger },
): Stores {
  const { server, events: eventsConfiguration, journal: journalConfiguration } = configuration
  const records = openRecords(server.recordsUrl || { socketFolder: folder.recordsSocketFolder }, {
    log: options.log,
  })
  const events = openEvents(
    eventsConfiguration.url ? { url: eventsConfiguration.url } : { socketPath: folder.eventsSocket },
    {
      queryMemoryBytesMax: eventsConfiguration.queryMemory,
      queryMsMax: eventsConfiguration.queryTime,
      connectionsMax: eventsConfiguration.connections,
    },
  )
  const journal = openLmdbJournal(folder.journal, journalConfiguration)
  const vault = createVault({
    ring: openFileKeyRing(folder.keys, { clock: options.clock }),
    clock: options.clock,
  })
  return {
    records,
    events,
    journal,
    vault,
    async close() {
      await Promise.allSettled([records.close(), events.close(), journal.close()])
    },
  }
}

/** The clock that the configuration asks for. */
export function clockOf(configuration: Configuration, folder: DataFolder): Clock {
  const { clock, environment } = configuration.server
  if (clock === 'system') return systemClock
  if (environment === 'production') {
    throw new StartupError(
      'FOYER_CLOCK=manual is for tests and trials: set FOYER_ENVIRONMENT to test or development.',
    )
  }
  return fileClock(join(folder.root, 'clock'))
}
