import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ProblemCode, Purpose } from '@foyer/contracts'
import { APPS, SERVICES, writeTruth, type SimulatedViewer, type Truth, type World } from '@foyer/simulator'
import { IMPORT_BATCH_MAX } from '../modules/accounts/index.ts'
import { Problem } from '../platform/errors.ts'
import type { Subject } from '../platform/ids.ts'
import { loadHistory } from './demo-history.ts'
import { demoLogin, readDemoState, worldOf, writeDemoState, type DemoState } from './demo-state.ts'
import type { Configuration } from './configuration.ts'
import type { ProgressBar } from './progress.ts'
import { untilRecorded, type Workbench } from './workbench.ts'

/** The invented people have agreed to being counted, until one of them says otherwise. */
export const DEMO_PURPOSES: readonly Purpose[] = ['service', 'security', 'billing', 'analytics']

/** What is true of the demo's history, beside its data. */
const TRUTH_FILE = 'demo-truth.json'

/** Who does all this in the audit trail. */
export const DEMO_ACTOR = { kind: 'apiKey', id: 'demo', rights: new Set<never>() } as const

/** Fills an instance with the invented audience, unless it has it already, and tells what it holds. */
export async function fillDemo(
  workbench: Workbench,
  settings: Configuration['demo'],
  bar: ProgressBar,
): Promise<DemoState> {
  const state = readDemoState(workbench, settings)
  if (state.isFilled) return state
  writeDemoState(workbench, state)
  const { foundations, modules } = workbench
  const world = worldOf(state)
  await addOperator(workbench)
  await addTitles(workbench, world, bar)
  await addServices(workbench)
  const subjects = await addViewers(workbench, world, state, bar)
  await modules.accounts.publishViewers()
  const truth = await loadHistory(foundations, world, { subjects, purposes: DEMO_PURPOSES, bar })
  const total = foundations.journal.backlog().entries
  await untilRecorded(foundations, (waiting) => bar.show('Recording the rest', total - waiting, total))
  await keepTruth(foundations.folder.root, truth)
  const filled = { ...state, isFilled: true }
  writeDemoState(workbench, filled)
  return filled
}

async function keepTruth(folder: string, truth: Truth): Promise<void> {
  const file = createWriteStream(join(folder, TRUTH_FILE), { mode: 0o600 })
  await pipeline(Readable.from(writeTruth(truth)), file)
}

async function addOperator({ foundations, modules }: Workbench): Promise<void> {
  await unlessThere('operator.exists', () =>
    modules.operators.createOperator({
      name: 'Demo',
      ...demoLogin(foundations.vault),
      role: 'administrator',
    }),
  )
}

/** Does nothing when what shall be made was made by a start before. */
async function unlessThere(code: ProblemCode, make: () => Promise<unknown>): Promise<void> {
  try {
    await make()
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== code) throw error
  }
}

async function addTitles(
  { modules }: Workbench,
  { catalogue: { titles, channels } }: World,
  bar: ProgressBar,
): Promise<void> {
  bar.show('Titles', 0, titles.length + channels.length)
  const rows = [
    ...titles.map(({ popularity: _popularity, minimumAge, ...title }) => ({
      ...title,
      ageRating: { scheme: 'demo', value: minimumAge === 0 ? 'All' : `${minimumAge}+`, minimumAge },
    })),
    ...channels.map((channel) => ({ ...channel, kind: 'channel' })),
  ]
  const { rows: account } = await modules.catalogue.importFile({
    format: 'json',
    source: [Buffer.from(JSON.stringify(rows))],
    isDryRun: false,
  })
  const refused = account.find((row) => row.outcome === 'refused')
  if (refused) throw new Error(`the demo's own catalogue was refused: ${JSON.stringify(refused)}`)
  bar.show('Titles', rows.length, rows.length)
}

async function addServices({ modules }: Workbench): Promise<void> {
  const { services } = modules.accounts
  for (const service of SERVICES)
    await unlessThere('service.exists', () => services.create(DEMO_ACTOR, { ...service }))
  for (const app of APPS) {
    await unlessThere('app.exists', () =>
      services.createApp(DEMO_ACTOR, { ...app, defaultPurposes: [...DEMO_PURPOSES] }),
    )
  }
}

/** Registers everybody; the subjects by number. */
async function addViewers(
  { modules }: Workbench,
  world: World,
  { viewers: total }: DemoState,
  bar: ProgressBar,
): Promise<readonly Subject[]> {
  const subjects: Subject[] = []
  const waiting = new Map<string, SimulatedViewer[]>(SERVICES.map(({ id }) => [id, []]))
  let done = 0

  async function register(service: string, viewers: readonly SimulatedViewer[]): Promise<void> {
    const results = await modules.accounts.importViewers({
      service,
      source: 'import:demo',
      purposes: DEMO_PURPOSES,
      viewers: viewers.map(importedOf),
    })
    for (const [index, result] of results.entries()) {
      if (result.outcome === 'refused') throw new Error(`the demo's own viewer was refused: ${result.reason}`)
      subjects[viewers[index]!.number] = result.vid
    }
    done += viewers.length
    bar.show('Viewers', done, total)
  }

  bar.show('Viewers', 0, total)
  for (const viewer of world.viewers()) {
    const batch = waiting.get(viewer.service)!
    batch.push(viewer)
    if (batch.length === IMPORT_BATCH_MAX) await register(viewer.service, batch.splice(0))
  }
  for (const [service, rest] of waiting) if (rest.length > 0) await register(service, rest)
  return subjects
}

function importedOf(viewer: SimulatedViewer) {
  const { externalId, name, email, gender, birthDate, country, region, city, registeredAt } = viewer
  return {
    externalId,
    name,
    email,
    gender,
    registeredAt,
    country,
    ...(birthDate === null ? {} : { birthDate }),
    ...(region === null ? {} : { region }),
    ...(city === null ? {} : { city }),
  }
}
