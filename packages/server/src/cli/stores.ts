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

/** The clients of the three stores. */
export interface StoreClients {
  readonly records: Records
  readonly events: Events
  readonly journal: Journal
  close(): Promise<void>
}

/** The clients of the stores with the vault, the same in every process that serves. */
export interface Stores extends StoreClients {
  readonly vault: Vault
}

/** Makes keys where there are none. */
export function openStores(
  configuration: Configuration,
  folder: DataFolder,
  options: { clock: Clock; log: Logger },
): Stores {
  const ring = openFileKeyRing(folder.keys, { clock: options.clock })
  return {
    ...openStoreClients(configuration, folder, options.log),
    vault: createVault({ ring, clock: options.clock }),
  }
}

export function openStoreClients(
  configuration: Configuration,
  folder: DataFolder,
  log: Logger,
): StoreClients {
  const { server, events: eventsConfiguration, journal: journalConfiguration } = configuration
  const records = openRecords(server.recordsUrl || { socketFolder: folder.recordsSocketFolder }, { log })
  const events = openEvents(
    eventsConfiguration.url ? { url: eventsConfiguration.url } : { socketPath: folder.eventsSocket },
    {
      queryMemoryBytesMax: eventsConfiguration.queryMemory,
      queryMsMax: eventsConfiguration.queryTime,
      connectionsMax: eventsConfiguration.connections,
    },
  )
  const journal = openLmdbJournal(folder.journal, journalConfiguration)
  return {
    records,
    events,
    journal,
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
