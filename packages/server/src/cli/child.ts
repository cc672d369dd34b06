import type { MetricObject } from 'prom-client'
import { systemRandom } from '../platform/ids.ts'
import { asDiskFull } from '../platform/disk-space.ts'
import { StartupError } from '../platform/errors.ts'
import { waitForFolderLock } from '../platform/folder-lock.ts'
import { createLogger, type Logger } from '../platform/log.ts'
import { createMetrics, tellMetrics } from '../platform/metrics.ts'
import { actAsChild, EXIT_CONFIGURATION, EXIT_TEMPORARY, type ChildMessage } from '../platform/processes.ts'
import { createApi, createWorker, type Foundations, type LiveNews } from '../app.ts'
import { runEventsProcess, runRecordsProcess } from '../storage/index.ts'
import { baseUrlOf, readConfiguration, type Configuration } from './configuration.ts'
import { openDataFolder, processLockFile, type DataFolder } from './data-folder.ts'
import { clockOf, openStores } from './stores.ts'
import { programVersion } from './version.ts'

/** One of the processes that the supervisor starts. */
type ChildName = 'records' | 'events' | 'worker' | 'api'

type Child = (context: ChildContext) => Promise<{
  readonly info?: Readonly<Record<string, string | number>>
  close(): Promise<void>
  onMessage?(message: ChildMessage): void
  snapshot?(): Promise<MetricObject[]>
}>

interface ChildContext {
  readonly configuration: Configuration
  readonly folder: DataFolder
  readonly log: Logger
  /** Tells the supervisor; see `actAsChild`. */
  send(message: ChildMessage, onSent?: () => void): void
}

const CHILDREN: Readonly<Record<ChildName, Child>> = {
  records: async ({ folder, log }) => {
    const metrics = createMetrics('records')
    const waiting = metrics.gauge(
      'foyer_records_waiting',
      'Transactions that wait for the session of RECORDS',
    )
    const records = await runRecordsProcess({
      folder: folder.records,
      socketFolder: folder.recordsSocketFolder,
      log,
    })
    return {
      close: () => records.close(),
      snapshot() {
        waiting.set(records.waiting())
        return metrics.snapshot()
      },
    }
  },
  events: async ({ configuration, folder, log }) => {
    const metrics = createMetrics('events')
    const waiting = metrics.gauge(
      'foyer_events_waiting',
      'Statements that wait for a lane of EVENTS, by kind',
      ['kind'],
    )
    const events = await runEventsProcess({
      folder: folder.events,
      socketPath: folder.eventsSocket,
      log,
      settings: { memoryBytesMax: configuration.events.memory },
    })
    return {
      close: () => events.close(),
      snapshot() {
        for (const [kind, count] of Object.entries(events.waiting())) waiting.set({ kind }, count)
        return metrics.snapshot()
      },
    }
  },
  worker: async (context) => {
    const { foundations, close } = lay(context, 'worker')
    const worker = await createWorker(foundations, {
      baseUrl: baseUrlOf(context.configuration),
      publishLive: (news, done) => context.send({ type: 'live', news }, done),
    })
    return {
      snapshot: () => foundations.metrics.snapshot(),
      async close() {
        await worker.close()
        await close()
      },
    }
  },
  api: async (context) => {
    const { foundations, close } = lay(context, 'api')
    const baseUrl = baseUrlOf(context.configuration)
    const api = await createApi(foundations, { baseUrl, version: programVersion() })
    const { host, port } = context.configuration.server
    await api.listen({ host, port })
    return {
      info: { url: baseUrl, firstOperatorLink: (await api.firstOperatorLink()) ?? '' },
      onMessage(message) {
        if (message.type === 'metrics') api.takeMetrics(message.role, message.metrics as MetricObject[])
        if (message.type === 'live') api.takeLive(message.news as LiveNews)
      },
      async close() {
        await api.close()
        await close()
      },
    }
  },
}

/** How long a predecessor may take to finish. */
const PREDECESSOR_MS_MAX = 30_000

export async function run([name]: string[]): Promise<void> {
  if (!isChildName(name)) throw new StartupError('The supervisor starts children; try: foyer serve')
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
    // A predecessor whose supervisor was killed may still be finishing: there is never more than one of a kind.
    const lock = await waitForFolderLock(
      processLockFile(context.folder, name),
      `Another ${name} process still uses ${context.folder.root}.`,
      PREDECESSOR_MS_MAX,
    )
    const child = await CHILDREN[name](context)
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
    if (error instanceof StartupError) return channel.fail(error.message, EXIT_CONFIGURATION)
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

/** What api and worker stand on: clients of the stores, time, randomness, metrics. */
function lay({ configuration, folder, log }: ChildContext, role: 'api' | 'worker') {
  const clock = clockOf(configuration, folder)
  const stores = openStores(configuration, folder, { clock, log })
  const metrics = createMetrics(role)
  const foundations: Foundations = {
    ...stores,
    configuration,
    folder,
    clock,
    random: systemRandom,
    log,
    metrics,
  }
  return { foundations, close: stores.close }
}
