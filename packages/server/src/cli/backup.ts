import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { StartupError } from '../platform/errors.ts'
import { createLogger } from '../platform/log.ts'
import { copyKeys } from './backup/copy-keys.ts'
import type { Manifest } from './backup/manifest.ts'
import { isWithin, megabytes } from './backup/places.ts'
import { takeBackup } from './backup/take-backup.ts'
import { verifyBackup } from './backup/verify-backup.ts'
import { readConfiguration } from './configuration.ts'
import { progressBar } from './progress.ts'

const USAGE = `foyer backup <new folder>                   what the data folder holds at one moment, without its keys
foyer backup <new folder> --keys <folder>   and its keys, into a new folder elsewhere
foyer backup --keys <folder>                the keys alone
foyer backup verify <folder>                compares a backup with its checksums`

/** Takes a backup of the data folder, whether its instance runs or not, or looks whether one is whole. */
export async function run(args: string[]): Promise<void> {
  const { positionals, keys } = parseArguments(args)
  const [first, second] = positionals
  if (first === 'verify') {
    if (second === undefined || positionals.length > 2 || keys !== undefined) throw new StartupError(USAGE)
    return verify(second)
  }
  if (positionals.length > 1 || (first === undefined && keys === undefined)) throw new StartupError(USAGE)
  const configuration = readConfiguration()
  if (first !== undefined && keys !== undefined) requireApart(first, keys)
  const { dataFolder } = configuration.server
  // Keys first: a place that cannot be used is told before the long part, and later keys open all that earlier ones do.
  if (keys !== undefined) {
    if (isWithin(keys, dataFolder)) {
      throw new StartupError(`${keys} lies in the data folder: a copy there is lost together with the keys.`)
    }
    tellKeys((await copyKeys(join(dataFolder, 'keys'), keys)).path)
  }
  if (first === undefined) return
  const log = createLogger({ role: 'backup', level: configuration.server.logLevel })
  const taken = await takeBackup({ configuration, target: first, log, bar: progressBar() })
  print([
    `Backup of ${dataFolder} as of ${taken.manifest.at}: ${taken.path}`,
    ...summaryOf(taken.manifest),
    meanwhileOf(taken),
    ...(keys === undefined
      ? [
          'It holds no keys, on purpose: with them it would open every name and address. Keep a copy of the keys in another place: foyer backup --keys <folder>',
        ]
      : []),
  ])
}

async function verify(source: string): Promise<void> {
  const manifest = await verifyBackup(source, progressBar())
  print([`${resolve(source)} is whole, as of ${manifest.at}.`, ...summaryOf(manifest)])
}

/** Together they open everything: who finds one must not find the other beside it. */
function requireApart(target: string, keys: string): void {
  if (!isWithin(keys, target) && !isWithin(target, keys)) return
  throw new StartupError(
    'The keys must not lie with the backup: together they open every name and address. Name another place, best on another machine.',
  )
}

function tellKeys(path: string): void {
  print([
    `Keys: ${path}`,
    'Whoever has this folder and a backup reads every name and address. Keep it apart from the backups, in one safe place, and replace it each month: keys are made and destroyed by the month.',
  ])
}

export function summaryOf({ counts, journal, entries }: Manifest): string[] {
  const bytes = entries.reduce((sum, entry) => sum + ('bytes' in entry ? entry.bytes : 0), 0)
  const number = (value: number | undefined) => (value ?? 0).toLocaleString('en')
  return [
    `${number(counts.events['events'])} events, ${number(counts.records['viewer'])} viewers, ${number(journal.entries)} requests waiting to be recorded; ${megabytes(bytes)} in ${number(entries.length)} files.`,
  ]
}

/** What others had of it while it was taken. */
export function meanwhileOf({
  wasRunning,
  manifest: { held },
}: {
  readonly wasRunning: boolean
  readonly manifest: Pick<Manifest, 'held'>
}): string {
  return wasRunning
    ? `Meanwhile the recorder stood still for ${seconds(held.recorderMs)} and the records for ${seconds(held.recordsMs)}; events were accepted all the time.`
    : 'The instance did not run, so no events were accepted meanwhile.'
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`
}

export function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}

function parseArguments(args: string[]) {
  try {
    const { positionals, values } = parseArgs({
      args,
      allowPositionals: true,
      options: { keys: { type: 'string' } },
    })
    return { positionals, keys: values.keys }
  } catch (error) {
    throw new StartupError(`${(error as Error).message}\n\n${USAGE}`)
  }
}
