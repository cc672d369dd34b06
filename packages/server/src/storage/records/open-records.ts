import { setTimeout as delay } from 'node:timers/promises'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Client, Pool, types, type PoolClient, type PoolConfig } from 'pg'
import { Problem } from '../../platform/errors.ts'
import type { Logger } from '../../platform/log.ts'
import { isFull, isUnavailable } from './record-errors.ts'
import type { Records } from './records.ts'

/** Where the records are: the address of a PostgreSQL, or the socket's folder of the embedded one. */
export type RecordsAddress = string | { readonly socketFolder: string }

export interface OpenRecordsOptions {
  readonly log: Logger
  /** Connections at most. */
  readonly poolSize?: number
  /** How long a caller waits for an engine that restarts before `store.unavailable`, ms. */
  readonly patienceMs?: number
  /** Silence inside a transaction after which PostgreSQL rolls it back, ms. The embedded one has its own limit. */
  readonly idleInTransactionMsMax?: number
}

const POOL_SIZE = 10
const PATIENCE_MS = 10_000
const IDLE_IN_TRANSACTION_MS_MAX = 10_000
const RETRY_DELAY_MS = { first: 25, last: 500 }

/**
 * The client of the records, the same for both back ends. Opens no connection yet: the first query does, and waits for an
 * engine that is still starting. A connection that is lost becomes the problem `store.unavailable`; whether a commit that
 * was under way took place is then unknown.
 */
export function openRecords(address: RecordsAddress, options: OpenRecordsOptions): Records {
  /** A write was refused for want of room, and nobody has seen room since. */
  let isRefused = false
  const pool = new RecordsPool(
    {
      ...(typeof address === 'string' ? { connectionString: address } : embeddedConfig(address.socketFolder)),
      application_name: 'foyer',
      options: '-c TimeZone=UTC',
      idle_in_transaction_session_timeout: options.idleInTransactionMsMax ?? IDLE_IN_TRANSACTION_MS_MAX,
      max: options.poolSize ?? POOL_SIZE,
      types: { getTypeParser },
    },
    {
      patienceMs: options.patienceMs ?? PATIENCE_MS,
      onProblem: (problem) => (isRefused ||= problem.code === 'store.full'),
    },
  )
  // A connection may die at any moment, in the pool or in a caller's hands; without a listener that ends the process. The
  // caller learns of it from its next query.
  pool.on('connect', (client) => client.on('error', () => undefined))
  pool.on('error', (error) => options.log.warn({ err: error }, 'an idle connection to the records was lost'))
  return {
    db: drizzle(pool),
    pool,
    async check() {
      await pool.query(isRefused ? NEEDS_ROOM : 'SELECT 1')
      isRefused = false
    },
    async close() {
      await pool.end()
    },
  }
}

/**
 * Sorts a megabyte in 64 kB of memory, which therefore goes to a file on the store's disk and is deleted. Changes nothing,
 * unlike a row written for a trial.
 */
const NEEDS_ROOM = `SET LOCAL work_mem = '64kB';
SELECT count(*) FROM (SELECT repeat(md5(n::text), 16) AS text FROM generate_series(1, 2000) AS n ORDER BY 1) AS sorted`

function embeddedConfig(socketFolder: string): PoolConfig {
  return { host: socketFolder, port: 5432, user: 'foyer', database: 'foyer' }
}

const DATE = 1082
const TIMESTAMP_WITHOUT_ZONE = 1114

/** As `pg` reads types, but for those that it would put into the zone of the machine: they stay text. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === DATE || oid === TIMESTAMP_WITHOUT_ZONE) return (value) => value
  return types.getTypeParser(oid, format)
}

/** A pool whose callers wait, within bounds, for a server that is starting. */
class RecordsPool extends Pool {
  readonly #patienceMs: number
  readonly #onProblem: ProblemListener

  constructor(config: PoolConfig, options: { patienceMs: number; onProblem: ProblemListener }) {
    super({
      ...config,
      Client: class extends RecordsClient {
        override readonly onProblem = options.onProblem
      },
    })
    this.#patienceMs = options.patienceMs
    this.#onProblem = options.onProblem
  }

  override connect(): Promise<PoolClient>
  override connect(callback: ConnectCallback): void
  override connect(callback?: ConnectCallback): Promise<PoolClient> | void {
    if (!callback) return this.#connectPatiently()
    void this.#handOver(callback)
  }

  /** A connection that dies under a query reaches its pool as an event and not by the query. */
  // oxlint-disable-next-line typescript/no-explicit-any -- As in RecordsClient.
  override query(...parameters: any[]): any {
    return tellProblems(parameters, this.#onProblem, (...same) => (super.query as Query).apply(this, same))
  }

  async #handOver(callback: ConnectCallback): Promise<void> {
    let client: PoolClient
    try {
      client = await this.#connectPatiently()
    } catch (error) {
      callback(error as Error, undefined, () => undefined)
      return
    }
    callback(undefined, client, (reason) => client.release(reason))
  }

  async #connectPatiently(): Promise<PoolClient> {
    let waitedMs = 0
    for (let delayMs = RETRY_DELAY_MS.first; ; delayMs = Math.min(delayMs * 2, RETRY_DELAY_MS.last)) {
      try {
        return await super.connect()
      } catch (error) {
        if (!isUnavailable(error)) throw error
        if (waitedMs >= this.#patienceMs) throw asProblem(error)
        await delay(delayMs)
        waitedMs += delayMs
      }
    }
  }
}

type ConnectCallback = (
  error: Error | undefined,
  client: PoolClient | undefined,
  done: (reason?: Error | boolean) => void,
) => void

type ProblemListener = (problem: Problem) => void

/** A client that tells a lost connection and a full disk as the problems that they are. */
abstract class RecordsClient extends Client {
  abstract readonly onProblem: ProblemListener

  // oxlint-disable-next-line typescript/no-explicit-any -- The stock client has nine signatures; all pass through here.
  override query(...parameters: any[]): any {
    return tellProblems(parameters, this.onProblem, (...same) => (super.query as Query).apply(this, same))
  }
}

type Query = (...parameters: unknown[]) => unknown

/** Passes a query on, and its errors through `asProblem`, whether they come by callback or by promise. */
function tellProblems(parameters: unknown[], onProblem: ProblemListener, query: Query): unknown {
  const told = (error: unknown): unknown => {
    const problem = asProblem(error)
    if (problem instanceof Problem) onProblem(problem)
    return problem
  }
  const callback = parameters.at(-1)
  if (typeof callback === 'function') {
    const passOn: Query = (error, result) => callback(error ? told(error) : error, result)
    return query(...parameters.slice(0, -1), passOn)
  }
  const answer = query(...parameters)
  if (!(answer instanceof Promise)) return answer
  return answer.catch((error: unknown) => {
    throw told(error)
  })
}

function asProblem(error: unknown): unknown {
  if (error instanceof Problem) return error
  if (isFull(error))
    return new Problem('store.full', undefined, { cause: error, headers: { 'retry-after': '10' } })
  if (!isUnavailable(error)) return error
  return new Problem('store.unavailable', undefined, { cause: error, headers: { 'retry-after': '1' } })
}
