import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { purposeMask, type ProblemCode, type Purpose } from '@foyer/contracts'
import { inventAudience, type Audience, type SimulatedView } from '@foyer/simulator'
import { encodeEntry } from '../modules/tracking/index.ts'
import { Problem } from '../platform/errors.ts'
import { newSecret } from '../platform/ids.ts'
import type { ProgressBar } from './progress.ts'
import { untilRecorded, type Workbench } from './workbench.ts'

/** The service of the demo. */
export const DEMO_SERVICE = 'demo'

const AUDIENCE = { seed: 2026, viewers: 420, days: 60 }
/** The invented people have agreed to being counted. */
const PURPOSES: readonly Purpose[] = ['service', 'security', 'billing', 'analytics']
const BATCH = 200

/** What the demo remembers in its data folder, so that a start that was interrupted goes on with the same audience. */
interface DemoState {
  /** Where the invented history ends, epoch ms. */
  readonly until: number
  readonly isFilled: boolean
  /** The demo's operator. It opens invented data only. */
  readonly email: string
  readonly password: string
}

/** Fills an instance with the invented audience, unless it has it already, and tells who may look at it. */
export async function fillDemo(
  workbench: Workbench,
  bar: ProgressBar,
): Promise<{ email: string; password: string }> {
  const { foundations, modules } = workbench
  const path = join(foundations.folder.root, 'demo.json')
  const state = readState(path) ?? newState(workbench)
  if (state.isFilled) return state
  writeState(path, state)
  const audience = inventAudience({ ...AUDIENCE, until: state.until })
  await addOperator(workbench, state)
  await addTitles(workbench, audience, bar)
  await addService(workbench, audience)
  const subjects = await addViewers(workbench, audience, bar)
  await addViews(workbench, audience, subjects, bar)
  await modules.accounts.publishViewers()
  const total = foundations.journal.backlog().entries
  await untilRecorded(foundations, (waiting) => bar.show('Recording', total - waiting, total))
  writeState(path, { ...state, isFilled: true })
  return state
}

function readState(path: string): DemoState | null {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as DemoState) : null
}

function writeState(path: string, state: DemoState): void {
  writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

function newState({ foundations }: Workbench): DemoState {
  return {
    until: foundations.clock.now(),
    isFilled: false,
    email: 'demo@operators.example',
    password: newSecret('demo', foundations.random),
  }
}

async function addOperator({ modules }: Workbench, { email, password }: DemoState): Promise<void> {
  await unlessThere('operator.exists', () =>
    modules.operators.createOperator({ name: 'Demo', email, password, role: 'administrator' }),
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
  { titles, channels }: Audience,
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

async function addService({ modules }: Workbench, { apps }: Audience): Promise<void> {
  const { services } = modules.accounts
  await unlessThere('service.exists', () =>
    services.create(SYSTEM, {
      id: DEMO_SERVICE,
      name: 'Foyer Cinema',
      timeZone: 'Europe/Madrid',
      localCountry: 'ES',
      language: 'es',
    }),
  )
  for (const app of apps) {
    await unlessThere('app.exists', () =>
      services.createApp(SYSTEM, { ...app, service: DEMO_SERVICE, defaultPurposes: [...PURPOSES] }),
    )
  }
}

const SYSTEM = { kind: 'apiKey', id: 'demo', rights: new Set<never>() } as const

async function addViewers(
  { modules }: Workbench,
  { viewers }: Audience,
  bar: ProgressBar,
): Promise<Map<string, string>> {
  const subjects = new Map<string, string>()
  for (let index = 0; index < viewers.length; index += BATCH) {
    bar.show('Viewers', index, viewers.length)
    const results = await modules.accounts.importViewers({
      service: DEMO_SERVICE,
      source: 'import:demo',
      purposes: PURPOSES,
      viewers: viewers
        .slice(index, index + BATCH)
        .map(({ devices: _devices, appetite: _appetite, ...viewer }) => viewer),
    })
    for (const result of results) {
      if (result.outcome === 'refused') throw new Error(`the demo's own viewer was refused: ${result.reason}`)
      subjects.set(result.externalId, result.vid)
    }
  }
  bar.show('Viewers', viewers.length, viewers.length)
  return subjects
}

async function addViews(
  { foundations }: Workbench,
  { views }: Audience,
  subjects: ReadonlyMap<string, string>,
  bar: ProgressBar,
): Promise<void> {
  for (let index = 0; index < views.length; index += BATCH) {
    bar.show('What they watched', index, views.length)
    const entries = views
      .slice(index, index + BATCH)
      .map((view) => entryOf(view, subjects.get(view.viewer.externalId)!))
    await Promise.all(entries.map((entry) => foundations.journal.append(entry)))
  }
  bar.show('What they watched', views.length, views.length)
}

/** The entry that the intake would have left for this batch, at its time. */
function entryOf(view: SimulatedView, vid: string): Uint8Array {
  return encodeEntry(
    {
      v: 1,
      wire: 'playback',
      receivedAt: view.receivedAt,
      clockOffsetMs: 0,
      app: view.device.app,
      service: DEMO_SERVICE,
      keyKind: 'server',
      address: view.device.address,
      userAgent: view.device.userAgent,
      defaultMask: purposeMask(PURPOSES),
      viewer: { vid: vid as never },
      trustClientIdentify: false,
    },
    Buffer.from(JSON.stringify(view.batch)),
  )
}
