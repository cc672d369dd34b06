import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { StartupError } from '../src/platform/errors.ts'
import { createLogger } from '../src/platform/log.ts'
import { EXIT_CONFIGURATION } from '../src/platform/processes.ts'
import { runRecordsProcess, type RecordsProcessOptions } from '../src/storage/records/pglite-process.ts'

/**
 * The records' process as tests start it (see `startTestRecordsProcess`): what `main.ts child records` runs, with limits
 * narrowed and fsync counted or failing.
 */
export interface TestRecordsProcessOptions extends Pick<
  RecordsProcessOptions,
  'folder' | 'socketFolder' | 'wire' | 'maintenance' | 'isDurable' | 'lockWaitMs'
> {
  /** Writes a byte to this file for each fsync that reached the disk. */
  readonly fsyncCountFile?: string
  /** While a file of this name exists, fsync fails. */
  readonly fsyncFailureFile?: string
  /** Says nothing, where a test makes it fail. */
  readonly isQuiet?: boolean
}

if (process.send) await main(JSON.parse(process.argv[2]!) as TestRecordsProcessOptions)

async function main(options: TestRecordsProcessOptions): Promise<void> {
  const { fsyncCountFile, fsyncFailureFile, isQuiet, ...rest } = options
  try {
    const records = await runRecordsProcess({
      ...rest,
      log: createLogger({ role: 'records', level: isQuiet ? 'silent' : 'error' }),
      ...(fsyncCountFile || fsyncFailureFile
        ? { fsync: countedFsync(fsyncCountFile, fsyncFailureFile) }
        : {}),
      onReady: () => process.send!('ready'),
    })
    process.on('disconnect', () => process.exit())
    process.on('message', () => void records.close().then(() => process.exit()))
  } catch (error) {
    if (!(error instanceof StartupError)) throw error
    process.send!({ startupError: error.message }, () => process.exit(EXIT_CONFIGURATION))
  }
}

function countedFsync(countFile?: string, failureFile?: string): (descriptor: number) => void {
  const counter = countFile === undefined ? undefined : openSync(countFile, 'a')
  return (descriptor) => {
    if (failureFile !== undefined && exists(failureFile)) throw new Error('EIO: the disk is gone')
    fsyncSync(descriptor)
    if (counter !== undefined) writeSync(counter, '.')
  }
}

function exists(path: string): boolean {
  try {
    closeSync(openSync(path, 'r'))
    return true
  } catch {
    return false
  }
}
