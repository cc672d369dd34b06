import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { readConfiguration, type Configuration } from '../configuration.ts'
import { openDataFolder } from '../data-folder.ts'
import { isInUse } from '../instance.ts'
import { checkEngines } from './engines.ts'
import { examine, failed, ok, reasonOf, type Finding } from './finding.ts'
import { checkFolder, checkKeyFolder, checkLeftovers, checkSetAside } from './folder.ts'
import { judgeClock, judgeDisk, judgeMemory, judgeModules, judgeNode, judgeOpenFiles } from './machine.ts'
import { loadModules, measureClock, measureDisk, measureMemory, measureOpenFiles } from './measure.ts'
import { checkBacklog, checkPort } from './service.ts'

/** Modules whose native code must fit this machine. */
const NATIVE = ['lmdb', 'chdb', '@electric-sql/pglite']

/** Looks at everything, one after the other; nothing that is broken keeps it from looking at the rest. */
export async function examination(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Finding[]> {
  const machine = [
    judgeNode(process.version),
    ...(await examine('Install', async () => judgeModules(await loadModules(NATIVE)))),
    ...(await examine('Open files', () => judgeOpenFiles(measureOpenFiles()))),
  ]
  let configuration: Configuration
  try {
    configuration = readConfiguration(environment)
  } catch (error) {
    const says = (error as Error).message.replaceAll(/\s*\n\s*/g, ' ')
    const todo = 'Correct or unset them (foyer settings lists all), then run this again for the rest.'
    return [...machine, failed('Settings', says, todo)]
  }
  return [...machine, ok('Settings', 'All are understood.'), ...(await examineInstance(configuration))]
}

async function examineInstance(configuration: Configuration): Promise<Finding[]> {
  const { dataFolder: root } = configuration.server
  const findings = [
    ...(await examine('Folder', () => checkFolder(root))),
    ...(await examine('Leftovers', () => checkLeftovers(root))),
    ...(await examine('Clock', async () => judgeClock(await measureClock(root)))),
    ...(await examine('Disk', async () =>
      judgeDisk(await measureDisk(nearestFolder(root)), configuration.journal.bytesMax),
    )),
  ]
  const isBroken = findings.some(({ check, state }) => check === 'Folder' && state === 'failed')
  const hasFolder = existsSync(root)
  const isRunning = hasFolder && !isBroken && isRunningIn(root)
  findings.push(
    ...(await examine('Memory', () =>
      judgeMemory(measureMemory(), { eventsBytes: configuration.events.memory, isRunning }),
    )),
    ...(await examine('Port', () => checkPort(configuration, isRunning))),
  )
  if (!hasFolder) return findings
  findings.push(
    ...(await examine('Keys', () => checkKeyFolder(root))),
    ...(await examine('Set aside', () => checkSetAside(root))),
  )
  if (isBroken) return findings
  const folder = openDataFolder(root)
  return [
    ...findings,
    ok('Instance', isRunning ? 'One runs on this folder.' : 'None runs on this folder.'),
    ...(await examine('Journal', () => checkBacklog(configuration, folder))),
    ...(await examine('Engines', () => checkEngines({ configuration, folder, isRunning }))),
  ]
}

function isRunningIn(root: string): boolean {
  try {
    return isInUse(openDataFolder(root))
  } catch (error) {
    throw new Error(`the lock of ${root} cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}

/** The folder, or the nearest above it that is there: a first start makes it on the same disk. */
function nearestFolder(path: string): string {
  return existsSync(path) ? path : nearestFolder(dirname(path))
}
