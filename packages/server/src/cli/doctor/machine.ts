import { failed, ok, warning, type Finding } from './finding.ts'

/** Rules about the machine: what was measured goes in, what it means comes out. */

const NODE_MAJOR_MIN = 24

export function judgeNode(version: string): Finding {
  const major = Number(/^v?(\d+)/.exec(version)?.[1])
  if (major >= NODE_MAJOR_MIN) return ok('Node', `Node ${version} runs this.`)
  return failed(
    'Node',
    `Node ${version} runs this, and ${NODE_MAJOR_MIN} or later is needed.`,
    'Start Foyer by npm (npm start, npm run foyer -- …), which takes the Node that it installed.',
  )
}

/** By module: null when it loads, else why not. */
export function judgeModules(modules: Readonly<Record<string, string | null>>): Finding {
  const broken = Object.entries(modules).filter(([, reason]) => reason !== null)
  if (broken.length === 0) return ok('Install', `${Object.keys(modules).join(', ')} load.`)
  return failed(
    'Install',
    broken.map(([name, reason]) => `${name} does not load: ${reason}`).join('; '),
    'Run npm ci again on this machine, with install scripts of chdb and lmdb allowed (package.json lists them).',
  )
}

const FREE_BYTES_MIN = 500_000_000
const FREE_INODES = { failed: 1_000, warning: 20_000 }

export function judgeDisk(
  disk: { freeBytes: number; freeInodes: number; hasInodes: boolean },
  journalBytesMax: number,
): Finding[] {
  const free = gigabytes(disk.freeBytes)
  const wanted = 2 * journalBytesMax + FREE_BYTES_MIN
  const todo =
    'Make room on the disk of the data folder, or move the folder to a larger one while Foyer is stopped.'
  const space =
    disk.freeBytes < FREE_BYTES_MIN
      ? failed('Disk', `${free} are free; soon nothing can be accepted.`, todo)
      : disk.freeBytes < wanted
        ? warning(
            'Disk',
            `${free} are free; a journal that fills up (FOYER_JOURNAL_BYTES_MAX) takes ${gigabytes(wanted)}.`,
            todo,
          )
        : ok('Disk', `${free} are free.`)
  if (!disk.hasInodes || disk.freeInodes >= FREE_INODES.warning) return [space]
  const says = `${disk.freeInodes.toLocaleString('en')} more files fit on the disk (inodes).`
  const judge = disk.freeInodes < FREE_INODES.failed ? failed : warning
  return [
    space,
    judge(
      'Disk files',
      says,
      'Delete small files on this disk, or make its file system anew with more inodes.',
    ),
  ]
}

/** What the processes need besides the engine of events, measured at about 700 MB. */
const OTHER_MEMORY_BYTES = 1_000_000_000

export function judgeMemory(
  memory: { totalBytes: number; availableBytes: number },
  { eventsBytes, isRunning }: { eventsBytes: number; isRunning: boolean },
): Finding {
  const wanted = eventsBytes + OTHER_MEMORY_BYTES
  const said = `${gigabytes(memory.totalBytes)} of memory, ${gigabytes(memory.availableBytes)} available`
  const isShort = memory.totalBytes < wanted || (!isRunning && memory.availableBytes < wanted)
  if (!isShort) return ok('Memory', `${said}.`)
  return warning(
    'Memory',
    `${said}; Foyer may take ${gigabytes(wanted)}.`,
    'Lower FOYER_EVENTS_MEMORY, end other programs, or give the machine (or its container) more.',
  )
}

const OPEN_FILES = { failed: 1_024, warning: 8_192 }

/** The limit that a process may have at most; null where the system does not tell. */
export function judgeOpenFiles(limit: number | null): Finding {
  if (limit === null) return ok('Open files', 'This system does not tell its limit.')
  const says = `A process may have ${limit === Infinity ? 'any number of' : limit.toLocaleString('en')} files open.`
  if (limit >= OPEN_FILES.warning) return ok('Open files', says)
  const judge = limit < OPEN_FILES.failed ? failed : warning
  return judge(
    'Open files',
    says,
    `Raise it to ${OPEN_FILES.warning} or more (LimitNOFILE in a systemd unit, ulimit -n in a shell).`,
  )
}

export interface ClockFacts {
  /** Epoch ms. */
  readonly now: number
  /** When a store was last written; null without any. */
  readonly lastWrittenAt: number | null
  /** By how much the clock of the wall moved more than the monotonic one while both were watched, ms. */
  readonly jumpMs: number
  /** Whether the zone data know a zone with an odd offset. */
  readonly hasZones: boolean
  /** Whether the system says that its clock follows others; null when it does not say. */
  readonly isSynchronized: boolean | null
}

/** The clock cannot be before this version was made. */
const MADE_AT = Date.UTC(2026, 10, 1)
const AHEAD_MS_MAX = 60_000
const JUMP_MS_MAX = 100

const SET_CLOCK =
  'Set the clock right (timedatectl set-ntp true) before Foyer runs: times of events, keys of the month and versions hang on it.'

export function judgeClock(facts: ClockFacts): Finding[] {
  return [judgeTime(facts), judgeSynchronization(facts), judgeZones(facts)]
}

function judgeTime({ now, lastWrittenAt, jumpMs }: ClockFacts): Finding {
  const time = new Date(now).toISOString()
  if (now < MADE_AT)
    return failed('Clock', `It is ${time} by the clock, before this program was made.`, SET_CLOCK)
  if (lastWrittenAt !== null && lastWrittenAt > now + AHEAD_MS_MAX) {
    return failed(
      'Clock',
      `It is ${time} by the clock, and the stores were last written at ${new Date(lastWrittenAt).toISOString()}.`,
      SET_CLOCK,
    )
  }
  if (Math.abs(jumpMs) > JUMP_MS_MAX) {
    return warning('Clock', `The clock moved by ${Math.round(jumpMs)} ms while it was watched.`, SET_CLOCK)
  }
  return ok('Clock', `It is ${time}.`)
}

function judgeSynchronization({ isSynchronized }: ClockFacts): Finding {
  if (isSynchronized === null)
    return ok('Time service', 'This system does not tell whether its clock is kept right.')
  if (isSynchronized) return ok('Time service', 'The clock is kept right by others (NTP).')
  return warning(
    'Time service',
    'Nothing keeps the clock right.',
    'Switch it on: timedatectl set-ntp true, or chrony.',
  )
}

function judgeZones({ hasZones }: ClockFacts): Finding {
  if (hasZones) return ok('Time zones', 'The data of time zones are there.')
  return failed(
    'Time zones',
    'The data of time zones are missing or old: days of services would be wrong.',
    'Use the Node that npm installed; one built without full ICU lacks them.',
  )
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`
}
