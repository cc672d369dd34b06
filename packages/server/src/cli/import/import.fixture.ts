import type {
  AppAccess,
  ImportedResult,
  ImportedViewer,
  ServiceAccess,
} from '../../modules/accounts/index.ts'
import type { Catalogue } from '../../modules/catalogue/index.ts'
import { manualClock, type ManualClock } from '../../platform/clock.ts'
import { newSubject, seededRandom, type Subject } from '../../platform/ids.ts'
import type { Checkpoint, ImportBody, ImportDependencies, ImportEvent, ImportProgress } from './import-run.ts'

const SERVICE: ServiceAccess = {
  id: 'cinema',
  name: 'Cinema',
  timeZone: 'Europe/Madrid',
  localCountry: 'ES',
  language: 'es',
}
const APPS = [appOf('cinema-web', SERVICE), appOf('radio-web', { ...SERVICE, id: 'radio' })]

function appOf(id: string, service: ServiceAccess): AppAccess {
  const rest = { defaultPurposes: [], defaultMask: 0, trustClientIdentify: false, tokenSecrets: [] }
  return { id, service, platform: 'web', ...rest }
}

/** What importers write to, in memory, with the promises that the real ones make. */
export interface ImportWorld {
  readonly deps: ImportDependencies
  readonly clock: ManualClock
  /** Viewers by external id, of the service `cinema`, whose app is `cinema-web`; `radio-web` is another service's. */
  readonly viewers: Map<string, ImportedViewer & { vid: Subject }>
  /** Entries as they were appended. */
  readonly entries: ImportBody[]
  /** What a recorder that remembers message ids would keep. */
  readonly events: Map<string, ImportEvent>
  readonly progress: ImportProgress[]
  /** Called before each append; throws to refuse it. */
  beforeAppend: () => void
  state: { key: string; events: number } | null
}

export function openImportWorld(catalogue: Pick<Catalogue, 'importRows'>, signal?: AbortSignal): ImportWorld {
  const clock = manualClock(Date.parse('2026-05-01T12:00:00Z'))
  const random = seededRandom('imports')
  const vids = new Map<string, Subject>()
  const vidOf = (externalId: string): Subject => {
    const vid = vids.get(externalId) ?? newSubject(random)
    vids.set(externalId, vid)
    return vid
  }
  const accounts: ImportDependencies['accounts'] = {
    serviceById: async (id) => (id === SERVICE.id ? SERVICE : null),
    appById: async (id) => APPS.find((app) => app.id === id) ?? null,
    async importViewers({ viewers }) {
      return viewers.map((row): ImportedResult => {
        const { externalId } = row
        const vid = vidOf(externalId)
        const known = world.viewers.get(externalId)
        if (!known) world.viewers.set(externalId, { ...row, vid })
        return {
          outcome: known ? 'unchanged' : 'created',
          externalId,
          viewerId: externalId,
          vid,
          dropped: [],
        }
      })
    },
    resolveExternalIds: async (_service, externalIds) =>
      new Map([...externalIds].map((externalId) => [externalId, vidOf(externalId)])),
  }
  const checkpoint: Checkpoint = {
    load: async () => world.state,
    save: async (state) => void (world.state = state),
    clear: async () => void (world.state = null),
  }
  const world: ImportWorld = {
    clock,
    viewers: new Map(),
    entries: [],
    events: new Map(),
    progress: [],
    beforeAppend: () => {},
    state: null,
    deps: {
      accounts,
      catalogue,
      checkpoint,
      clock,
      progress: (progress) => void world.progress.push(progress),
      async appendImport(body) {
        world.beforeAppend()
        world.entries.push(body)
        for (const row of body.rows)
          if (!world.events.has(row.messageId)) world.events.set(row.messageId, row)
      },
      ...(signal ? { signal } : {}),
    },
  }
  return world
}
