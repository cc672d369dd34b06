import { createReadStream, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { catalogueFormat, type CatalogueFormat } from '@foyer/contracts'
import { encodeImport } from '../modules/tracking/index.ts'
import { Problem, StartupError } from '../platform/errors.ts'
import { createLogger } from '../platform/log.ts'
import { readConfiguration } from './configuration.ts'
import { fileCheckpoint } from './import/file-checkpoint.ts'
import type { ImportDependencies, ImportProgress, ImportTarget, RowFault } from './import/import-run.ts'
import { readMapping } from './import/mapping.ts'
import { importMovieLens } from './import/movielens.ts'
import { importRows } from './import/rows.ts'
import { attachInstance } from './instance.ts'
import { progressBar, type ProgressBar } from './progress.ts'
import { openWorkbench, untilRecorded, type Workbench } from './workbench.ts'

const USAGE = `foyer import movielens <folder>                  MovieLens 100K, into a service of its own
foyer import rows <file> --mapping <file.json>   viewers, titles or events of a CSV or NDJSON file
foyer import catalogue <file>                    titles and channels of a CSV, JSON or MRSS file

  --service <id>   the service that viewers and events belong to
  --app <id>       the app that events belong to
  --dry-run        catalogue only: tells what would happen`

/** Imports into the data folder, whether its instance runs or not. Again, it adds nothing; interrupted, it goes on. */
export async function run(args: string[]): Promise<void> {
  const { positionals, values } = parseArguments(args)
  const [kind, path] = positionals
  if (!isKind(kind) || path === undefined || positionals.length > 2) throw new StartupError(USAGE)
  refuseOthers(kind, values)
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) throw new StartupError(`There is no ${path}.`)
  if (found.isDirectory() !== (kind === 'movielens')) {
    const wanted = kind === 'movielens' ? 'the folder of the set' : 'a file'
    throw new StartupError(
      `${path} is ${found.isDirectory() ? 'a folder' : 'a file'}. Name ${wanted}.\n\n${USAGE}`,
    )
  }
  const configuration = readConfiguration()
  const log = createLogger({ role: 'import', level: configuration.server.logLevel })
  const instance = await attachInstance({ configuration, roles: ['worker'], log })
  const bar = progressBar()
  try {
    const workbench = await openWorkbench(configuration, log)
    try {
      await IMPORTS[kind](workbench, { path, options: values, bar })
    } finally {
      bar.finish()
      await workbench.close()
    }
  } catch (error) {
    if (error instanceof Problem) throw new StartupError(error.message)
    throw error
  } finally {
    await instance.stop()
  }
}

interface ImportOptions {
  readonly service?: string
  readonly app?: string
  readonly mapping?: string
  readonly 'dry-run'?: boolean
}

interface ImportRequest {
  readonly path: string
  readonly options: ImportOptions
  readonly bar: ProgressBar
}

const IMPORTS = { movielens, rows, catalogue }

const isKind = (kind: string | undefined): kind is keyof typeof IMPORTS =>
  kind !== undefined && Object.hasOwn(IMPORTS, kind)

async function movielens(workbench: Workbench, { path, options, bar }: ImportRequest): Promise<void> {
  const target = { service: options.service ?? 'movielens', app: options.app ?? 'movielens-import' }
  if (!options.service) await makeMovieLensService(workbench, target)
  const report = await importMovieLens(dependencies(workbench, bar, 'movielens'), { ...target, folder: path })
  await recordAll(workbench, bar)
  const { titles, viewers, ratings } = report
  print([
    `titles    ${titles.created} created, ${titles.updated} updated, ${titles.unchanged} unchanged`,
    `viewers   ${viewers.created} created, ${viewers.updated} updated, ${viewers.unchanged} unchanged; ${report.viewersWithoutPlace} without a known place`,
    `ratings   ${ratings.read} read, ${ratings.sent} sent to the recorder, which takes none twice; ${ratings.refused} refused`,
    ...report.warnings,
    ...faultLines(report.refused, report.faults),
  ])
}

/** A service for the set, so that its people never mix with those of others. */
async function makeMovieLensService({ modules }: Workbench, { service, app }: ImportTarget): Promise<void> {
  const { services } = modules.accounts
  if (await modules.accounts.serviceById(service)) return
  const actor = { kind: 'apiKey', id: 'import', rights: new Set<never>() } as const
  await services.create(actor, {
    id: service,
    name: 'MovieLens',
    timeZone: 'UTC',
    localCountry: 'US',
    language: 'en',
  })
  await services.createApp(actor, {
    id: app,
    service,
    name: 'MovieLens import',
    platform: 'web',
    defaultPurposes: ['service', 'security', 'billing', 'analytics'],
  })
}

async function rows(workbench: Workbench, { path, options, bar }: ImportRequest): Promise<void> {
  if (!options.mapping)
    throw new StartupError(
      'Say what the columns mean by --mapping <file.json>; see docs/guides/import-rows.md.',
    )
  const mapping = readMapping(readJson(options.mapping))
  if (mapping.kind !== 'titles' && !options.service)
    throw new StartupError(`Say by --service whose ${mapping.kind} these are.`)
  if (mapping.kind === 'events' && !options.app)
    throw new StartupError('Say by --app which app the events belong to.')
  const target = { service: options.service ?? '', app: options.app ?? '' }
  const report = await importRows(dependencies(workbench, bar, mapping.source), {
    ...target,
    file: path,
    mapping,
  })
  await recordAll(workbench, bar)
  const counts = report.counts
  print([
    `${report.rows} rows`,
    counts
      ? `${mapping.kind}   ${counts.created} created, ${counts.updated} updated, ${counts.unchanged} unchanged, ${counts.refused} refused`
      : `events    ${report.sent} sent to the recorder, which takes none twice; ${report.refused} refused`,
    ...faultLines(report.refused, report.faults),
  ])
}

async function catalogue({ modules }: Workbench, { path, options }: ImportRequest): Promise<void> {
  const account = await modules.catalogue.importFile({
    format: formatOf(path),
    source: createReadStream(path),
    isDryRun: options['dry-run'] ?? false,
  })
  print([
    `${account.created} created, ${account.updated} updated, ${account.unchanged} unchanged, ${account.refused} refused`,
    ...(account.unknownColumns.length > 0
      ? [`not known and passed over: ${account.unknownColumns.join(', ')}`]
      : []),
    ...account.rows.flatMap(({ row, errors }) =>
      (errors ?? []).map(({ field, message }) => `row ${row}: ${field} ${message}`),
    ),
  ])
}

function formatOf(path: string): CatalogueFormat {
  const ending = extname(path).slice(1).toLowerCase()
  const format = catalogueFormat.safeParse(ending === 'xml' || ending === 'rss' ? 'mrss' : ending)
  if (!format.success)
    throw new StartupError('The name of the file must end in .csv, .json, .xml, .rss or .mrss.')
  return format.data
}

const PHASES: Readonly<Record<ImportProgress['phase'], string>> = {
  titles: 'Titles',
  viewers: 'Viewers',
  events: 'Events',
}

function dependencies(
  { foundations, modules }: Workbench,
  bar: ProgressBar,
  name: string,
): ImportDependencies {
  const { journal, clock, vault } = foundations
  return {
    accounts: modules.accounts,
    catalogue: modules.catalogue,
    clock,
    checkpoint: fileCheckpoint(join(foundations.folder.root, 'imports'), name),
    progress: ({ phase, done, total, isWaiting }) =>
      bar.show(isWaiting ? `${PHASES[phase]} (waiting)` : PHASES[phase], done, total),
    async appendImport(body, { purposes }) {
      await journal.append(encodeImport(body, { purposes, receivedAt: clock.now(), vault }))
    },
  }
}

async function recordAll({ foundations, modules }: Workbench, bar: ProgressBar): Promise<void> {
  await modules.accounts.publishViewers()
  const total = foundations.journal.backlog().entries
  await untilRecorded(foundations, (waiting) => bar.show('Recording', total - waiting, total))
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new StartupError(`${path} cannot be read as JSON: ${(error as Error).message}`)
  }
}

const FAULTS_SHOWN = 20

function faultLines(refused: number, faults: readonly RowFault[]): string[] {
  // Rows that were taken in part are told too.
  const total = Math.max(refused, faults.length)
  return [
    ...faults.slice(0, FAULTS_SHOWN).map(({ file, row, reason }) => `${file}, row ${row}: ${reason}`),
    ...(total > FAULTS_SHOWN ? [`… and ${total - FAULTS_SHOWN} more`] : []),
  ]
}

/** An option of another kind of import would be passed over: a trial of rows that is none. */
function refuseOthers(kind: keyof typeof IMPORTS, options: ImportOptions): void {
  const other = Object.keys(options).find((name) => !OPTIONS[kind].has(name))
  if (other !== undefined)
    throw new StartupError(`foyer import ${kind} does not take --${other}.\n\n${USAGE}`)
}

const OPTIONS: Readonly<Record<keyof typeof IMPORTS, ReadonlySet<string>>> = {
  movielens: new Set(['service', 'app']),
  rows: new Set(['mapping', 'service', 'app']),
  catalogue: new Set(['dry-run']),
}

function print(lines: readonly string[]): void {
  process.stdout.write(`\n${lines.join('\n')}\n`)
}

function parseArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        service: { type: 'string' },
        app: { type: 'string' },
        mapping: { type: 'string' },
        'dry-run': { type: 'boolean' },
      },
    })
  } catch (error) {
    throw new StartupError(`${(error as Error).message}\n\n${USAGE}`)
  }
}
