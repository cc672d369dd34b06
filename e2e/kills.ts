import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import type { TestInstance } from './instance.ts'

export const PROCESSES = ['supervisor', 'records', 'events', 'worker', 'api'] as const
export type ProcessName = (typeof PROCESSES)[number]

/** Process id of one of an instance's processes, by what its command line says. */
export function pidOf(instance: TestInstance, name: ProcessName): number | null {
  if (name === 'supervisor') return instance.pid
  const table = execFileSync('ps', ['--ppid', String(instance.pid), '-o', 'pid=,args='], { encoding: 'utf8' })
  const line = table.split('\n').find((row) => row.includes(`child ${name}`))
  return line ? Number.parseInt(line, 10) : null
}

/** What a client that tries until it is told that its events are safe has been told. */
export interface Load {
  /** Message ids of events that were acknowledged. */
  readonly acked: ReadonlySet<string>
  /** Points the load at another address, after a restart on another port. */
  aim(url: string): void
  /** Ends after every batch that is under way was acknowledged. */
  stop(): Promise<void>
}

const LANES = 4
const BATCH = 20

/** Sends batches in a few lanes, each batch again and again, the same message ids, until it is acknowledged. */
export function startLoad(url: string, serverKey: string): Load {
  const acked = new Set<string>()
  const authorization = `Basic ${Buffer.from(`${serverKey}:`).toString('base64')}`
  let address = url
  let isStopping = false

  async function send(batch: readonly { messageId: string }[]): Promise<boolean> {
    try {
      const response = await fetch(`${address}/v1/batch`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ batch }),
        signal: AbortSignal.timeout(10_000),
      })
      const body = (await response.json()) as { success?: boolean; refused?: unknown[] }
      if (body.refused && body.refused.length > 0)
        throw new TypeError(`events were refused: ${JSON.stringify(body)}`)
      return response.status === 200 && body.success === true
    } catch (error) {
      if (error instanceof TypeError && error.message.startsWith('events were')) throw error
      return false
    }
  }

  async function lane(): Promise<void> {
    while (!isStopping) {
      const batch = Array.from({ length: BATCH }, () => ({
        type: 'track',
        event: 'Kill Test',
        messageId: randomUUID(),
        anonymousId: `anonymous-${Math.floor(acked.size / 1_000)}`,
        timestamp: new Date().toISOString(),
      }))
      while (!(await send(batch))) await new Promise((resolve) => setTimeout(resolve, 100))
      for (const { messageId } of batch) acked.add(messageId)
    }
  }

  const lanes = Array.from({ length: LANES }, lane)
  return {
    acked,
    aim: (next) => (address = next),
    async stop() {
      isStopping = true
      await Promise.all(lanes)
    },
  }
}
