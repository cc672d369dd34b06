import { PassThrough, pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import {
  CATALOGUE_IMPORT_LIMITS,
  catalogueImportAccount,
  catalogueImportQuery,
  type CatalogueImportAccount,
  type CatalogueImportQuery,
} from '@foyer/contracts'
import type { AuditTrail } from '../../../platform/audit.ts'
import type { Clock } from '../../../platform/clock.ts'
import type { Database } from '../../../platform/data-map.ts'
import { Problem } from '../../../platform/errors.ts'
import { actorOf, problems, type Actor, type HttpServer, type Routes } from '../../../platform/http/index.ts'
import { importCatalogue } from './import-catalogue.ts'

interface CatalogueImportDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: AuditTrail
}

/** `POST /v1/catalogue/import`: the file is the body, whatever its content type; gzip by Content-Encoding. */
export function catalogueImportRoutes(deps: CatalogueImportDeps): Routes {
  return async (server) => {
    await server.register((scope: HttpServer, _options, done) => {
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload))
      scope.post(
        '/v1/catalogue/import',
        {
          config: { access: { right: 'catalogue.write' } },
          bodyLimit: CATALOGUE_IMPORT_LIMITS.bytesMax,
          schema: {
            summary: 'Import titles and channels from CSV, JSON or Media RSS',
            description:
              'The file is the body. Rows that are right are taken whatever becomes of the others; the answer accounts for each. The same file twice changes nothing.',
            tags: ['Catalogue'],
            querystring: catalogueImportQuery,
            response: {
              200: catalogueImportAccount,
              ...problems('import.unreadable', 'request.too_large', 'request.media_type'),
            },
          },
        },
        (request) => {
          const source = unpacked(request.body as Readable | undefined, request.headers['content-encoding'])
          return importBody(deps, { ...request.query, source, actor: actorOf(request) })
        },
      )
      done()
    })
  }
}

async function importBody(
  deps: CatalogueImportDeps,
  {
    format,
    dryRun,
    source,
    actor,
  }: CatalogueImportQuery & { source: AsyncIterable<Uint8Array>; actor: Actor },
): Promise<CatalogueImportAccount> {
  // Parts are written as they come, so that the trail must know before what it may not live to tell after.
  if (!dryRun) await deps.audit.record({ actor, action: 'catalogue.import_begun', object: format })
  const account = await importCatalogue(deps, { format, source, isDryRun: dryRun })
  if (dryRun) return account
  const { created, updated, unchanged, refused } = account
  await deps.audit.record({
    actor,
    action: 'catalogue.imported',
    object: format,
    details: { created, updated, unchanged, refused },
  })
  return account
}

async function* unpacked(
  body: Readable | undefined,
  encoding: string | undefined,
): AsyncGenerator<Uint8Array> {
  if (!body) throw new Problem('import.unreadable', 'The body is empty; send the file as the body.')
  if (encoding !== undefined && encoding !== 'gzip' && encoding !== 'identity') {
    throw new Problem('request.media_type', 'The body may be compressed by gzip only.')
  }
  // The importer stops reading above its limit, so a small file that unpacks to a large one is not unpacked.
  const unpack = encoding === 'gzip' ? createGunzip() : new PassThrough()
  const stream = pipeline(body, unpack, () => {})
  try {
    yield* stream as AsyncIterable<Uint8Array>
  } catch (error) {
    if (String((error as { code?: unknown }).code).startsWith('Z_')) {
      throw new Problem('import.unreadable', 'The body is not gzip.')
    }
    throw error
  }
}
