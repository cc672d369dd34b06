import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { systemClock } from '../platform/clock.ts'
import { StartupError } from '../platform/errors.ts'
import { acquireFolderLock, type FolderLock } from '../platform/folder-lock.ts'
import type { Logger } from '../platform/log.ts'
import { createMetrics, tellMetrics } from '../platform/metrics.ts'
import { startSupervisor, type ChildSpec, type Supervisor } from '../platform/processes.ts'
import type { Configuration } from './configuration.ts'
import { openDataFolder, type DataFolder } from './data-folder.ts'

/** What a running instance says of itself once it is ready. */
export interface Instance {
  /** Where people reach it; empty without the api. */
  readonly url: string
  /** One-time link by which the first operator is created; empty when there is one. */
  readonly firstOperatorLink: string
}

/** An instance on its way. */
export interface LaunchedInstance {
  readonly supervisor: Supervisor
  /** Rejects with StartupError when it cannot start. */
  readonly ready: Promise<Instance>
  /** Stops what has started, in order, and gives the folder back; at any time. */
  stop(): Promise<void>
}

export type Role = 'api' | 'worker'

/** The program's entry, to start children by. */
export const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

/** Threads of libuv's pool in the process that owns chDB: its calls occupy one each. */
export const EVENTS_ENVIRONMENT = { UV_THREADPOOL_SIZE: '16', TZ: 'UTC' }

/**
 * The api's young generation is small. Bodies of requests lie outside the heap and go with the next young collection; V8
 * counts them towards the next old one, which at the default size came every 100 ms under load and doubled the api's CPU
 * (Node 24.21, `npm run bench -- b1`).
 */
export const API_NODE_OPTIONS: readonly string[] = ['--max-semi-space-size=8']

/** Locks the data folder and starts the engines that are embedded and the given roles, each a process. */
export async function launchInstance(options: {
  configuration: Configuration
  roles: readonly Role[]
  log: Logger
  /** Passed to the children's environment, for the demo and tests. */
  environment?: Readonly<Record<string, string>>
}): Promise<LaunchedInstance> {
  const { server } = options.configuration
  const folder = openDataFolder(server.dataFolder)
  const lock = lockDataFolder(folder)
  const environment: Record<string, string> = { ...options.environment }
  // A port that was asked for as "any" is chosen once, so that a restarted api listens where it did.
  if (options.roles.includes('api'))
    environment['FOYER_PORT'] = String(await freePort(server.host, server.port))

  const metrics = createMetrics('supervisor')
  const restarts = metrics.counter(
    'foyer_child_restarts_total',
    'Children that ended and were started again',
    ['child'],
  )
  let url = ''
  let firstOperatorLink = ''
  const supervisor = startSupervisor({
    stages: stagesOf(options.configuration, options.roles, environment),
    clock: systemClock,
    log: options.log,
    onReady(name, info) {
      if (name !== 'api') return
      url = String(info['url'] ?? '')
      firstOperatorLink = String(info['firstOperatorLink'] ?? '')
    },
    onRestart: (child) => restarts.inc({ child }),
    onMessage(_from, message) {
      if (message.type === 'metrics' || message.type === 'live') supervisor.send('api', message)
    },
  })
  const stopTelling = tellMetrics(
    'supervisor',
    () => metrics.snapshot(),
    (message) => supervisor.send('api', message),
  )
  return {
    supervisor,
    ready: supervisor.ready.then(() => ({ url, firstOperatorLink })),
    async stop() {
      stopTelling()
      await supervisor.stop()
      lock.release()
    },
  }
}

/** An instance that a command works with. */
export interface AttachedInstance {
  /** Whether it ran already. Otherwise it has the roles that were asked for, and no others. */
  readonly wasRunning: boolean
  /** Ends what was started for the command. */
  stop(): Promise<void>
}

/** Uses the instance that runs on the data folder or, when none does, starts one for as long as it is needed. */
export async function attachInstance(
  options: Parameters<typeof launchInstance>[0] & { readonly readyMsMax?: number },
): Promise<AttachedInstance> {
  const folder = openDataFolder(options.configuration.server.dataFolder)
  if (isInUse(folder)) return { wasRunning: true, stop: async () => undefined }
  const launched = await launchInstance(options)
  try {
    await (options.readyMsMax === undefined ? launched.ready : readyWithin(launched, options.readyMsMax))
  } catch (error) {
    await launched.stop()
    throw error
  }
  return { wasRunning: false, stop: launched.stop }
}

/** Waits until it is ready. Throws StartupError when it is not in time: what ends at its start is started again for ever. */
export async function readyWithin({ ready }: LaunchedInstance, msMax: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    const message = `The engines did not start within ${msMax / 1_000} s; see their messages above. Try: foyer doctor`
    timer = setTimeout(() => reject(new StartupError(message)), msMax)
  })
  try {
    await Promise.race([ready, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Keeps instances from starting on the folder. Throws StartupError when one runs. */
export function lockDataFolder(folder: DataFolder): FolderLock {
  return acquireFolderLock(
    lockFile(folder),
    `Another Foyer is using the data folder ${folder.root}. Stop it first, or set FOYER_DATA to another folder.`,
  )
}

/** Whether an instance runs on the folder, which exists. */
export function isInUse(folder: DataFolder): boolean {
  try {
    acquireFolderLock(lockFile(folder), 'in use').release()
    return false
  } catch (error) {
    if (error instanceof StartupError) return true
    throw error
  }
}

const lockFile = (folder: DataFolder): string => join(folder.root, 'foyer.lock')

/** Engines first; then the worker, which brings them to this program's schema; then the api. */
function stagesOf(
  configuration: Configuration,
  roles: readonly Role[],
  environment: Readonly<Record<string, string>>,
): ChildSpec[][] {
  const child = (name: string, drainMsMax: number, extra: Partial<ChildSpec> = {}): ChildSpec => ({
    name,
    script: MAIN,
    args: ['child', name],
    drainMsMax,
    ...extra,
    environment: { ...environment, ...extra.environment },
  })
  const engines = [
    ...(configuration.server.recordsUrl ? [] : [child('records', 15_000)]),
    ...(configuration.events.url ? [] : [child('events', 15_000, { environment: EVENTS_ENVIRONMENT })]),
  ]
  const worker = roles.includes('worker') ? [child('worker', 20_000)] : []
  const api = roles.includes('api') ? [child('api', 10_000, { nodeOptions: API_NODE_OPTIONS })] : []
  return [engines, worker, api]
}

/** The port to listen on. Says at once that it is taken, before engines start for nothing. */
async function freePort(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new StartupError(
          error.code === 'EADDRINUSE'
            ? `Port ${port} on ${host} is in use. Set FOYER_PORT to another one, or stop what listens there.`
            : `Cannot listen on ${host}:${port}: ${error.message}`,
        ),
      )
    })
    probe.listen({ host, port }, () => {
      const address = probe.address() as AddressInfo
      probe.close(() => resolve(address.port))
    })
  })
}
