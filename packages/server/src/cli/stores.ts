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

/** The clients of the stores that have engines. */
export interface EngineClients {
  readonly records: Records
  readonly events: Events
  close(): Promise<void>
}

/** The clients of the three stores. */
export interface StoreClients extends EngineClients {
  readonly journal: Journal
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
  const journal = openLmdbJournal(folder.journal, configuration.journal)
  const engines = openEngineClients(configuration, folder, log)
  return {
    ...engines,
    journal,
    async close() {
      await Promise.allSettled([engines.close(), journal.close()])
    },
  }
}

/** Nothing is sent before the first call. */
export function openEngineClients(
  { server, events: settings }: Configuration,
  folder: DataFolder,
  log: Logger,
): EngineClients {
  const records = openRecords(server.recordsUrl || { socketFolder: folder.recordsSocketFolder }, { log })
  const events = openEvents(settings.url ? { url: settings.url } : { socketPath: folder.eventsSocket }, {
    queryMemoryBytesMax: settings.queryMemory,
    queryMsMax: settings.queryTime,
    connectionsMax: settings.connections,
  })
  return {
    records,
    events,
    async close() {
      await Promise.allSettled([records.close(), events.close()])
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
