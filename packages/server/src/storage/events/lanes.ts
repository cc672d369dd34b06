import type { Session } from 'chdb'
import { ENGINE_CODES, EngineError } from './engine-error.ts'
import { quote } from './query-parameter.ts'

/** Settings by name; values as text, as they stand in a request. */
export type EngineSettings = Readonly<Record<string, string>>

/**
 * One chDB session, which runs one statement at a time. It carries settings and a database from statement to statement,
 * so each run first brings it to exactly what its request asks for: what an earlier request set goes back to default.
 */
export class Lane {
  /** What the engine calls the lane's running statement (`log_comment`), to end it by. */
  readonly label: string
  readonly #session: Session
  #settings: EngineSettings = {}
  #database = ''

  constructor(label: string, session: Session) {
    this.label = label
    this.#session = session
  }

  async run(
    sql: string,
    options: { settings?: EngineSettings; database?: string; format?: string } = {},
  ): Promise<{ bytes: Uint8Array; rowsRead: number; bytesRead: number }> {
    await this.#become({ settings: options.settings ?? {}, database: options.database ?? 'default' })
    const result = await this.#clean(
      this.#session.queryAsync(sql, { format: options.format ?? 'TabSeparated' }),
    )
    return { bytes: result.bytes(), rowsRead: result.rowsRead, bytesRead: result.bytesRead }
  }

  /** Inserts a whole payload at once: cut in pieces, the second would repeat the first one's deduplication token. */
  async insert(options: {
    table: string
    columns: readonly string[] | undefined
    format: string
    payload: Buffer
    settings: EngineSettings
    database: string
  }): Promise<{ rowsWritten: number }> {
    await this.#become({ settings: {}, database: options.database })
    const result = await this.#clean(
      this.#session.insert({
        table: options.table,
        ...(options.columns ? { columns: [...options.columns] } : {}),
        values: options.payload,
        format: options.format as 'JSONEachRow',
        settings: { ...options.settings },
      }),
    )
    return { rowsWritten: result.rowsWritten }
  }

  close(): void {
    this.#session.close()
  }

  /**
   * What a failed statement had already written stays in the session and would stand before the next answer (seen with
   * chDB 26.7: 2 MB of another reader's rows). So whatever follows a failure first takes that away and makes sure.
   */
  async #clean<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      // SET answers nothing of its own and is under no limit that the request may have asked for.
      for (let attempt = 0; attempt < 3; attempt++) {
        const rest = await this.#session.queryAsync(`SET log_comment = ${quote(this.label)}`)
        if (rest.bytes().length === 0) throw error
      }
      throw new LaneBroken('a failed statement left output that does not go away', { cause: error })
    }
  }

  async #become(wanted: { settings: EngineSettings; database: string }): Promise<void> {
    if (wanted.database !== this.#database) {
      const previous = this.#database
      this.#database = ''
      await this.#session
        .queryAsync(`USE \`${wanted.database.replace(/[`\\]/g, '\\$&')}\``)
        .catch((error) => {
          this.#database = previous
          throw error
        })
      this.#database = wanted.database
    }
    const settings: EngineSettings = { ...wanted.settings, log_comment: this.label }
    const changes = changesBetween(this.#settings, settings)
    if (changes.length === 0) return
    // If a value is refused, some may be set and some not: forget nothing of either, so that the next run mends all.
    const before = this.#settings
    this.#settings = Object.fromEntries(Object.keys({ ...before, ...settings }).map((name) => [name, UNSURE]))
    await this.#clean(this.#session.queryAsync(`SET ${changes.join(', ')}`))
    this.#settings = settings
  }
}

/** The session cannot be trusted any more; the process ends. */
export class LaneBroken extends Error {
  override readonly name = 'LaneBroken'
}

/** Stands for a value that no request can send, so that it always differs. */
const UNSURE = '\u0000unsure'

function changesBetween(from: EngineSettings, to: EngineSettings): string[] {
  const changes: string[] = []
  for (const name of Object.keys(from)) if (to[name] === undefined) changes.push(`${name} = DEFAULT`)
  for (const [name, value] of Object.entries(to)) {
    if (from[name] !== value) changes.push(`${name} = ${quote(value)}`)
  }
  return changes
}

/** A few lanes and who waits for them, in order of arrival. */
export class LanePool {
  readonly lanes: readonly Lane[]
  readonly #idle: Lane[]
  readonly #waiting: { take: (lane: Lane) => void; refuse: (error: Error) => void }[] = []
  readonly #waitingMax: number
  #isClosed = false
  #onIdle: (() => void) | undefined

  constructor(lanes: readonly Lane[], waitingMax: number) {
    this.lanes = lanes
    this.#idle = [...lanes]
    this.#waitingMax = waitingMax
  }

  /** How many wait for a lane. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Runs `work` on the next free lane. The signal takes it out of the queue; it does not stop what runs. */
  async use<T>(signal: AbortSignal | undefined, work: (lane: Lane) => Promise<T>): Promise<T> {
    const lane = await this.#take(signal)
    try {
      return await work(lane)
    } finally {
      const next = this.#waiting.shift()
      if (next) next.take(lane)
      else {
        this.#idle.push(lane)
        if (this.#idle.length === this.lanes.length) this.#onIdle?.()
      }
    }
  }

  /** Refuses what waits and whatever comes; resolves when nothing runs any more. */
  close(): Promise<void> {
    this.#isClosed = true
    for (const { refuse } of this.#waiting.splice(0)) refuse(stopping())
    if (this.#idle.length === this.lanes.length) return Promise.resolve()
    return new Promise((resolve) => (this.#onIdle = resolve))
  }

  #take(signal: AbortSignal | undefined): Promise<Lane> {
    if (this.#isClosed) return Promise.reject(stopping())
    if (signal?.aborted) return Promise.reject(cancelled())
    const lane = this.#idle.pop()
    if (lane) return Promise.resolve(lane)
    if (this.#waiting.length >= this.#waitingMax) {
      return Promise.reject(
        new EngineError(
          ENGINE_CODES.tooManyQueries,
          `Too many simultaneous queries: ${this.#waiting.length} wait already`,
        ),
      )
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        const place = this.#waiting.indexOf(waiter)
        if (place >= 0) this.#waiting.splice(place, 1)
        reject(cancelled())
      }
      const waiter = {
        take: (lane: Lane) => {
          signal?.removeEventListener('abort', leave)
          resolve(lane)
        },
        refuse: reject,
      }
      signal?.addEventListener('abort', leave, { once: true })
      this.#waiting.push(waiter)
    })
  }
}

function stopping(): EngineError {
  return new EngineError(ENGINE_CODES.aborted, 'The server is stopping')
}

function cancelled(): EngineError {
  return new EngineError(ENGINE_CODES.cancelled, 'The query was cancelled by its client')
}
