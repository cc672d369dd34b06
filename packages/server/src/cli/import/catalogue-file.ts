import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { pipeline } from 'node:stream'
import type { CatalogueFormat, CatalogueImportAccount } from '@foyer/contracts'
import type { Catalogue } from '../../modules/catalogue/index.ts'
import { StartupError } from '../../platform/errors.ts'

/** Imports a file of titles and channels as `POST /v1/catalogue/import` does; the format by its ending, `.gz` unpacked. */
export function importCatalogueFile(
  catalogue: Pick<Catalogue, 'importFile'>,
  options: { file: string; format?: CatalogueFormat; isDryRun: boolean },
): Promise<CatalogueImportAccount> {
  const { file, isDryRun } = options
  const format = options.format ?? formatOf(file)
  const stream = createReadStream(file)
  const source = file.endsWith('.gz') ? pipeline(stream, createGunzip(), () => {}) : stream
  return catalogue.importFile({ format, source, isDryRun })
}

const FORMATS: Readonly<Record<string, CatalogueFormat>> = {
  csv: 'csv',
  tsv: 'csv',
  json: 'json',
  xml: 'mrss',
  mrss: 'mrss',
  rss: 'mrss',
}

function formatOf(file: string): CatalogueFormat {
  const ending = /\.(\w+)(?:\.gz)?$/.exec(file.toLowerCase())?.[1] ?? ''
  const format = FORMATS[ending]
  if (!format) throw new StartupError(`What is ${file}? Name its format with --format csv, json or mrss.`)
  return format
}
