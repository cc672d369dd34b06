import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { openLmdbJournal } from '../../storage/index.ts'
import type { Configuration } from '../configuration.ts'
import type { DataFolder } from '../data-folder.ts'
import { failed, ok, warning, type Finding } from './finding.ts'
import { tryListening } from './measure.ts'

const ANSWER_MS_MAX = 5_000

const readiness = z.object({ status: z.string(), checks: z.record(z.string(), z.string()) })

/** Of an instance that runs, whether it answers; of one that does not, whether its port is free. */
export async function checkPort(
  { server }: Pick<Configuration, 'server'>,
  isRunning: boolean,
): Promise<Finding> {
  const { host, port } = server
  if (port === 0) return ok('Port', 'A free one is taken at each start (FOYER_PORT=0).')
  if (isRunning) return await askReadiness(host, port)
  const reason = await tryListening(host, port)
  if (reason === null) return ok('Port', `${host}:${port} is free.`)
  if (reason === 'EADDRINUSE') {
    return failed(
      'Port',
      `Something else listens on ${host}:${port}.`,
      'Stop it, or set FOYER_PORT to another one.',
    )
  }
  return failed(
    'Port',
    `Nothing can listen on ${host}:${port} (${reason}).`,
    'Set FOYER_HOST to an address of this machine, and FOYER_PORT above 1023 unless you may use lower ones.',
  )
}

async function askReadiness(host: string, port: number): Promise<Finding> {
  const name =
    host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host
  const url = `http://${name}:${port}/readyz`
  let answer: z.infer<typeof readiness>
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX) })
    answer = readiness.parse(await response.json())
  } catch {
    return warning(
      'Port',
      `An instance runs on the folder, and nothing of Foyer answers at ${url}.`,
      'If it has just been started, wait. If it was started with other settings, run this with the same ones.',
    )
  }
  const silent = Object.entries(answer.checks).filter(([, state]) => state !== 'ok')
  if (answer.status === 'ready') return ok('Port', `Foyer is ready at ${url}.`)
  const why = silent.length > 0 ? `: ${silent.map(([store]) => store).join(', ')} do not answer` : ''
  return failed('Port', `Foyer at ${url} is ${answer.status}${why}.`, 'Look at the log of foyer serve.')
}

/** Shares of the high-water mark at which a backlog is worth a word. */
const BACKLOG = { failed: 0.9, warning: 0.25 }

/** What waits to be recorded, against the limits at which the intake refuses. */
export async function checkBacklog(
  { journal: limits }: Pick<Configuration, 'journal'>,
  folder: Pick<DataFolder, 'journal'>,
): Promise<Finding> {
  if (!existsSync(join(folder.journal, 'data.mdb'))) return ok('Journal', 'There is none yet.')
  const journal = openLmdbJournal(folder.journal, limits)
  try {
    const { entries, bytes } = journal.backlog()
    const share = Math.max(entries / limits.entriesMax, bytes / limits.bytesMax)
    const says = `${entries.toLocaleString('en')} requests wait to be recorded (${Math.ceil(share * 100)} % of the limit).`
    if (share < BACKLOG.warning) return ok('Journal', says)
    const todo =
      'Look at the log for why the recorder stands still (the engine of events, the disk, memory). Until it catches up, requests above the limit are refused with 503.'
    return share < BACKLOG.failed ? warning('Journal', says, todo) : failed('Journal', says, todo)
  } finally {
    await journal.close()
  }
}
