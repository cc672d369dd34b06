import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { existsSync } from 'node:fs'
import { createLogger } from '../../platform/log.ts'
import type { ChildMessage } from '../../platform/processes.ts'
import { createVault, inspectKeyFolder, openFileKeyRing } from '../../platform/vault/index.ts'
import { pendingMigrations, readMigrations } from '../../storage/index.ts'
import { migrationsOf } from '../backup/counts.ts'
import type { Configuration } from '../configuration.ts'
import type { DataFolder } from '../data-folder.ts'
import { EVENTS_ENVIRONMENT, lockDataFolder, MAIN } from '../instance.ts'
import { clockOf, openEngineClients, type EngineClients } from '../stores.ts'
import { examine, failed, ok, reasonOf, warning, type Finding } from './finding.ts'

/** How long an engine may take to answer while it serves others too, ms. */
const ANSWER_MS_MAX = 5_000
/** How long one may take to open, with recovery after a crash, ms. */
const OPEN_MS_MAX = 60_000

export interface EnginesContext {
  readonly configuration: Configuration
  readonly folder: DataFolder
  readonly isRunning: boolean
}

/**
 * Whether the engines answer and hold what this program can use. Those of a running instance are asked; embedded ones of an
 * instance that does not run are opened for it, as a start would do, and closed again.
 */
export async function checkEngines(context: EnginesContext): Promise<Finding[]> {
  const { configuration, folder, isRunning } = context
  if (isRunning) return await askEngines(context)
  if (!existsSync(join(folder.records, 'PG_VERSION')) || !existsSync(folder.events)) {
    const isElsewhere = configuration.server.recordsUrl !== '' && configuration.events.url !== ''
    return isElsewhere ? await askEngines(context) : [ok('Engines', 'There is nothing to open yet.')]
  }
  const lock = lockDataFolder(folder)
  const opened: OpenedEngine[] = []
  const findings: Finding[] = []
  try {
    for (const name of ['records', 'events'] as const) {
      if (name === 'records' ? configuration.server.recordsUrl : configuration.events.url) continue
      const engine = await openEngine(name, folder.root)
      if ('says' in engine) {
        const todo =
          'If it was stopped by force, try once more; if files are damaged, restore a backup into a new folder (foyer restore).'
        findings.push(failed('Engines', `${name} cannot be opened: ${engine.says}`, todo))
      } else opened.push(engine)
    }
    return findings.length > 0 ? findings : await askEngines(context)
  } finally {
    for (const engine of opened) await engine.close()
    lock.release()
  }
}

interface OpenedEngine {
  close(): Promise<void>
}

/** Starts the process that owns an engine, and keeps its words to itself unless it fails. */
async function openEngine(
  name: 'records' | 'events',
  root: string,
): Promise<OpenedEngine | { readonly says: string }> {
  const child = spawn(process.execPath, [...process.execArgv, MAIN, 'child', name], {
    env: {
      ...process.env,
      FOYER_DATA: root,
      FOYER_LOG_LEVEL: 'fatal',
      ...(name === 'events' ? EVENTS_ENVIRONMENT : {}),
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  // It stands on nothing that would have to be ready before.
  child.send({ type: 'turn' } satisfies ChildMessage, () => undefined)
  let words = ''
  let reason: string | null = null
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (words += text))
  }
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const isReady = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), OPEN_MS_MAX)
    child.on('message', (message: ChildMessage) => {
      if (message.type === 'ready') resolve(true)
      if (message.type === 'failed') reason = message.reason
    })
    void exited.then(() => {
      clearTimeout(timer)
      resolve(false)
    })
  })
  if (!isReady) {
    child.kill('SIGKILL')
    await exited
    return { says: reason ?? tellingLine(words) }
  }
  return {
    async close() {
      if (child.connected) child.send({ type: 'drain' } satisfies ChildMessage)
      await exited
    },
  }
}

/** Of what a process printed before it ended without a word to us, the line that says why. */
function tellingLine(words: string): string {
  const lines = words
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('at ') && !line.startsWith('{'))
  const telling = lines.findLast((line) => /error|cannot|not |exception|FATAL|PANIC/i.test(line))
  return telling ?? lines.at(-1) ?? 'it did not say why'
}

async function askEngines(context: EnginesContext): Promise<Finding[]> {
  const log = createLogger({ role: 'doctor', level: 'silent' })
  const { server, events } = context.configuration
  const stores = openEngineClients(context.configuration, context.folder, log)
  try {
    const engines = [
      ...(await examineEngine(
        { name: 'records', setting: 'FOYER_RECORDS_URL', isElsewhere: server.recordsUrl !== '' },
        async () => void (await stores.records.pool.query('SELECT 1')),
      )),
      ...(await examineEngine(
        { name: 'events', setting: 'FOYER_EVENTS_URL', isElsewhere: events.url !== '' },
        () => stores.events.ping(),
      )),
    ]
    if (engines.some(({ state }) => state === 'failed')) return engines
    return [
      ...engines,
      ...(await examine('Versions', () => checkVersions(stores))),
      ...(await examine('Keys and records', () => checkVault(context, stores))),
    ]
  } finally {
    await stores.close()
  }
}

async function examineEngine(
  { name, setting, isElsewhere }: { name: string; setting: string; isElsewhere: boolean },
  ask: () => Promise<void>,
): Promise<Finding[]> {
  const from = performance.now()
  try {
    await withinTime(ask())
    return [ok('Engines', `${name} answer in ${Math.ceil(performance.now() - from)} ms.`)]
  } catch (error) {
    const todo = isElsewhere
      ? `Look after the server that ${setting} names, or check the address.`
      : 'Look at the log of foyer serve; it starts an engine again that has ended.'
    return [failed('Engines', `${name} do not answer: ${reasonOf(error)}`, todo)]
  }
}

async function checkVersions({ records, events }: EngineClients): Promise<Finding> {
  const client = await records.pool.connect()
  try {
    const { rows } = await client.query<{ has: boolean }>(
      `SELECT to_regclass('foyer_migration') IS NOT NULL AS has`,
    )
    if (!rows[0]!.has)
      return ok('Versions', 'The stores are empty; the first foyer serve makes their tables.')
    const applied = await migrationsOf(client, events)
    const pending = (['records', 'events'] as const).flatMap((store) =>
      pendingMigrations(readMigrations(store), applied[store]),
    )
    if (pending.length === 0) return ok('Versions', 'The stores have the schema of this program.')
    const names = pending.map(({ name }) => name).join(', ')
    return warning(
      'Versions',
      `The stores are of an older version; the next start brings them up (${names}), and there is no way back.`,
      'Take a backup first: foyer backup',
    )
  } finally {
    client.release()
  }
}

/** Not with a key folder that lacks something: opening it would make what is missing. */
async function checkVault(
  { configuration, folder }: EnginesContext,
  { records }: EngineClients,
): Promise<Finding[]> {
  if (!existsSync(folder.keys) || !inspectKeyFolder(folder.keys).isComplete) return []
  const { rows } = await records.pool.query<{ has: boolean }>(
    `SELECT to_regclass('vault_key') IS NOT NULL AS has`,
  )
  if (!rows[0]!.has) return []
  const clock = clockOf(configuration, folder)
  await createVault({ ring: openFileKeyRing(folder.keys, { clock }), clock }).check(records.db)
  return [ok('Keys and records', 'The keys open what the records hold.')]
}

async function withinTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing for ${ANSWER_MS_MAX / 1_000} s`)), ANSWER_MS_MAX)
  })
  try {
    await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}
