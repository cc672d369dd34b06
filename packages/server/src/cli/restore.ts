import { parseArgs } from 'node:util'
import { systemClock } from '../platform/clock.ts'
import { StartupError } from '../platform/errors.ts'
import { createLogger } from '../platform/log.ts'
import { print, summaryOf } from './backup.ts'
import { restoreBackup } from './backup/restore-backup.ts'
import { readConfiguration } from './configuration.ts'
import { progressBar } from './progress.ts'

const USAGE = `foyer restore <backup> --keys <folder>   makes the data folder (FOYER_DATA) of a backup and a copy of its keys`

/** Restores a backup into a data folder that does not exist yet. */
export async function run(args: string[]): Promise<void> {
  const { source, keys } = parseArguments(args)
  const configuration = readConfiguration()
  const log = createLogger({ role: 'restore', level: configuration.server.logLevel })
  const { path, manifest } = await restoreBackup({
    configuration,
    source,
    keys,
    clock: systemClock,
    log,
    bar: progressBar(),
  })
  print([
    `Restored ${path} as of ${manifest.at}.`,
    ...summaryOf(manifest),
    'What happened later is not in it: repeat erasures and withdrawals of consent that were asked for since, and revoke API keys that were revoked since.',
  ])
}

function parseArguments(args: string[]): { source: string; keys: string } {
  let parsed
  try {
    parsed = parseArgs({ args, allowPositionals: true, options: { keys: { type: 'string' } } })
  } catch (error) {
    throw new StartupError(`${(error as Error).message}\n\n${USAGE}`)
  }
  const [source] = parsed.positionals
  const { keys } = parsed.values
  if (source === undefined || parsed.positionals.length > 1) throw new StartupError(USAGE)
  if (keys === undefined) {
    throw new StartupError(
      `A backup holds no keys: name the copy of the key folder with --keys. Without it names and addresses stay unreadable for ever, and Foyer does not start.\n\n${USAGE}`,
    )
  }
  return { source, keys }
}
