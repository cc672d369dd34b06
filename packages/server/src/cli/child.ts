import type { MetricObject } from 'prom-client'
import { asDiskFull } from '../platform/disk-space.ts'
import { StartupError } from '../platform/errors.ts'
import { waitForFolderLock } from '../platform/folder-lock.ts'
import { createLogger, type Logger } from '../platform/log.ts'
import { tellMetrics } from '../platform/metrics.ts'
import { actAsChild, EXIT_CONFIGURATION, EXIT_TEMPORARY, type ChildMessage } from '../platform/processes.ts'
import { readConfiguration, type Configuration } from './configuration.ts'
import { openDataFolder, processLockFile, type DataFolder } from './data-folder.ts'

/** One of the processes that the supervisor starts. */
type ChildName = 'records' | 'events' | 'worker' | 'api'

export type Child = (context: ChildContext) => Promise<{
  readonly info?: Readonly<Record<string, string | number>>
  close(): Promise<void>
  onMessage?(message: ChildMessage): void
  snapshot?(): Promise<MetricObject[]>
}>

export interface ChildContext {
  readonly configuration: Configuration
  readonly folder: DataFolder
  readonly log: Logger
  /** Tells the supervisor; see `actAsChild`. */
  send(message: ChildMessage, onSent?: () => void): void
}

/** Loaded when it is needed: an engine waits for no module of the api. */
const CHILDREN: Readonly<Record<ChildName, () => Promise<Child>>> = {
  records: async () => (await import('./child-engines.ts')).records,
  events: async () => (await import('./child-engines.ts')).events,
  worker: async () => (await import('./child-roles.ts')).worker,
  api: async () => (await import('./child-roles.ts')).api,
}

/** How long a predecessor may take to finish. */
const PREDECESSOR_MS_MAX = 30_000

export async function run([name, ...rest]: string[]): Promise<void> {
  if (!isChildName(name) || rest.length > 0)
    throw new StartupError('The supervisor starts children; try: foyer serve')
  const configuration = readConfiguration()
  const log = createLogger({ role: name, level: configuration.server.logLevel })
  let close = async (): Promise<void> => undefined
  const channel = actAsChild({ drain: () => close(), log })
  const folder = openDataFolder(configuration.server.dataFolder)
  const context = { configuration, folder, log, send: channel.send }
  for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
    process.on(event, (error: unknown) => {
      log.fatal({ err: error, event }, 'an error that nobody handled ends this process')
      process.exit(1)
    })
  }
  try {
    const start = await CHILDREN[name]()
    await channel.turn
    // A predecessor whose supervisor was killed may still be finishing: there is never more than one of a kind.
    const lock = await waitForFolderLock(
      processLockFile(context.folder, name),
      `Another ${name} process still uses ${context.folder.root}.`,
      PREDECESSOR_MS_MAX,
    )
    const child = await start(context)
    close = async () => {
      await child.close()
      lock.release()
    }
    if (child.onMessage) channel.onMessage(child.onMessage)
    if (child.snapshot) tellMetrics(name, child.snapshot, channel.send)
    channel.ready(child.info)
  } catch (error) {
    const full = asDiskFull(error, context.folder.root)
    if (full) return channel.fail(full.message, EXIT_TEMPORARY)
    if (error instanceof StartupError)
      return channel.fail(error.message, error.mayPass ? EXIT_TEMPORARY : EXIT_CONFIGURATION)
    log.error({ err: error }, 'this process could not start')
    channel.fail(reasonOf(error), 1)
  }

  function isChildName(value: string | undefined): value is ChildName {
    return value !== undefined && Object.hasOwn(CHILDREN, value)
  }
}

/** The first line of what an error says: what follows may hold values. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.split('\n', 1)[0]! : 'something that is no error was thrown'
}
