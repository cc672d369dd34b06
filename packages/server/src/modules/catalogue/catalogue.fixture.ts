import { RIGHTS, type CatalogueImportAccount, type Right } from '@foyer/contracts'
import { openTestRecords, type RecordsBackend } from '../../../test/records.ts'
import type { AuditTrail } from '../../platform/audit.ts'
import { manualClock, type ManualClock } from '../../platform/clock.ts'
import { createHttpServer } from '../../platform/http/index.ts'
import { createLogger } from '../../platform/log.ts'
import { createCatalogue, type Catalogue } from './index.ts'
import { catalogueChange, catalogueItem } from './schema.ts'

/** A catalogue behind HTTP, for tests of this module. */
export interface TestCatalogue {
  readonly catalogue: Catalogue
  /** Stands at 2026-05-01T12:00:00Z. */
  readonly clock: ManualClock
  readonly trail: Parameters<AuditTrail['record']>[0][]
  call(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    payload?: object,
  ): Promise<{ status: number; body: unknown }>
  upload(
    format: string,
    file: string | Buffer,
    more?: { query?: string; gzip?: boolean },
  ): Promise<{ status: number; body: CatalogueImportAccount & { code: string; detail: string } }>
  /** Whoever calls next has these rights, until `empty`. */
  actAs(rights: readonly Right[]): void
  empty(): Promise<void>
  close(): Promise<void>
}

export async function openTestCatalogue(backend: RecordsBackend): Promise<TestCatalogue> {
  const log = createLogger({ role: 'test', level: 'silent' })
  const clock = manualClock(Date.parse('2026-05-01T12:00:00Z'))
  const trail: TestCatalogue['trail'] = []
  let rights: readonly Right[] = RIGHTS
  const records = await openTestRecords({ backend })
  const catalogue = createCatalogue({
    db: records.db,
    clock,
    log,
    audit: { record: async (entry) => void trail.push(entry) },
  })
  const server = await createHttpServer({
    log,
    authenticate: async () => ({ kind: 'apiKey', id: 'key', rights: new Set(rights) }),
    requestsPerMinute: 100_000,
    trustedProxies: 0,
    version: 'test',
    isDraining: () => false,
  })
  await catalogue.routes(server)
  await server.ready()
  return {
    catalogue,
    clock,
    trail,
    async call(method, url, payload) {
      const response = await server.inject({ method, url, ...(payload ? { payload } : {}) })
      return { status: response.statusCode, body: response.body === '' ? null : response.json() }
    },
    async upload(format, file, more = {}) {
      const response = await server.inject({
        method: 'POST',
        url: `/v1/catalogue/import?format=${format}${more.query ?? ''}`,
        headers: {
          'content-type': 'text/csv',
          ...(more.gzip ? { 'content-encoding': 'gzip' } : {}),
        },
        payload: file,
      })
      return { status: response.statusCode, body: response.json() }
    },
    actAs(given) {
      rights = given
    },
    async empty() {
      await records.db.delete(catalogueItem)
      await records.db.delete(catalogueChange)
      trail.length = 0
      rights = RIGHTS
    },
    async close() {
      await server.close()
      await records.close()
    },
  }
}

/** A title that uses every field but those of series. */
export const FILM = {
  kind: 'movie',
  name: 'The Third Man',
  originalName: 'The Third Man',
  synopsis: 'A writer comes to Vienna.\nHis friend is dead.',
  language: 'en',
  releaseDate: '1949-09-01',
  durationMs: 6_240_000,
  creditsStartMs: 6_200_000,
  ageRating: { scheme: 'FSK', value: '12', minimumAge: 12 },
  categories: ['Film noir', 'Thriller'],
  keywords: ['vienna', 'zither'],
  people: [
    { name: 'Carol Reed', role: 'director' },
    { name: 'Orson Welles', role: 'actor', character: 'Harry Lime' },
  ],
  windows: [{ from: '2026-01-01T00:00:00+01:00', to: null, platform: 'web' }],
  rights: { mode: 'allow', countries: ['AT', 'GB'] },
  localised: { de: { name: 'Der dritte Mann' } },
  images: { poster: 'https://images.example/third-man.jpg' },
  externalIds: { imdb: 'tt0041959' },
}
