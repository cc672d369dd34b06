import type { PoolClient } from 'pg'
import { StartupError } from '../../platform/errors.ts'
import type { Records } from './records.ts'

/** Well within the silence after which the lease is taken away. */
const STIR_MS = 2_000

/**
 * Keeps the embedded records from changing while `work` runs, by holding the one lease in a transaction; whoever else wants
 * them waits. When it resolves, nothing was written in between. Throws StartupError when they could not be held to the end:
 * a transaction may last 60 s.
 */
export async function holdRecords<T>(records: Records, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await records.pool.connect()
  let isHeld = true
  try {
    await client.query('BEGIN')
    // Written pages go to their files, so that these need little of the log when they are opened.
    await client.query('CHECKPOINT')
    const stirring = setInterval(() => {
      client.query('SELECT 1').catch(() => (isHeld = false))
    }, STIR_MS)
    let result: T
    try {
      result = await work(client)
    } finally {
      clearInterval(stirring)
    }
    await client.query('COMMIT').catch((error: unknown) => {
      throw lost(error)
    })
    if (!isHeld) throw lost(undefined)
    client.release()
    return result
  } catch (error) {
    client.release(true)
    throw error
  }
}

function lost(cause: unknown): StartupError {
  return Object.assign(
    new StartupError(
      'The records could not be held still long enough. Try again when fewer people use the console, or stop Foyer first.',
    ),
    { cause },
  )
}
