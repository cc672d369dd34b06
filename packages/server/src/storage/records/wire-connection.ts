import type { Socket } from 'node:net'
import { AnswerTooLong } from './engine.ts'
import { LeaseQueueFull, type Lease } from './lease-queue.ts'
import type { WireServerOptions } from './wire-server.ts'
import {
  encryptionRefused,
  endStatus,
  fatalError,
  frame,
  FrameReader,
  greeting,
  ProtocolViolation,
  queryFrame,
  renameStatement,
  sqlOf,
  syncFrame,
  zeroTerminated,
  type Frame,
} from './wire-frames.ts'

/** Messages up to one that the session answers: Query, FunctionCall, Sync or Flush. */
interface Batch {
  readonly messages: Buffer[]
  bytes: number
}

type Step = Batch | 'terminate'

const BATCH_ENDS = new Set(['Q', 'F', 'S', 'H'])
const BATCH_PARTS = new Set(['P', 'B', 'D', 'E', 'C'])
/** What is left of a COPY that failed; the protocol says to ignore it. */
const COPY_PARTS = new Set(['d', 'c', 'f'])
/** Time that a client has to read why it is sent away. */
const GOODBYE_MS_MAX = 1_000
/** Bytes of batches that wait their turn before the socket is left unread. */
const PENDING_BYTES_MAX = 1_000_000

/**
 * One client. It takes the lease with its first batch and keeps it until the session says that no transaction is open;
 * it gives it back, rolled back, when it goes away or stays silent for too long.
 */
export class WireConnection {
  readonly #socket: Socket
  readonly #options: WireServerOptions & { readonly statementNames: StatementNames }
  readonly #reader: FrameReader
  readonly #statements: ConnectionStatements
  #isStarted = false
  #isEnded = false
  #isPumping = false
  #batch: Batch = { messages: [], bytes: 0 }
  readonly #steps: Step[] = []
  #pendingBytes = 0
  #lease: Lease | undefined
  #isInExtendedQuery = false
  #leavesState = false
  #transactionStartedAt: number | undefined
  #cancelTimer: (() => void) | undefined

  constructor(socket: Socket, options: WireServerOptions & { readonly statementNames: StatementNames }) {
    this.#socket = socket
    this.#options = options
    this.#reader = new FrameReader({ messageBytesMax: options.limits.messageBytesMax })
    this.#statements = options.statementNames.connection(options.limits.statementsMax)
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.once('close', () => this.#leave())
  }

  /** Ends the connection with an error; an open transaction rolls back first. */
  end(code: string, message: string): void {
    if (this.#isEnded) return
    this.#leave()
    // A client that does not read would keep the socket, and with it a server that wants to close.
    const cancel = this.#options.clock.after(GOODBYE_MS_MAX, () => this.#socket.destroy())
    this.#socket.end(fatalError(code, message), () => {
      cancel()
      this.#socket.destroy()
    })
  }

  #read(chunk: Buffer): void {
    if (this.#isEnded) return
    try {
      this.#reader.push(chunk)
      while (!this.#isStarted) if (!this.#readStart()) return
      for (;;) {
        const next = this.#reader.readFrame()
        if (!next) break
        this.#take(next)
      }
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error
      this.end(error.code, error.message)
      return
    }
    void this.#pump()
  }

  /** Answers one start packet; false when there is no whole one to read, or no more to come. */
  #readStart(): boolean {
    const packet = this.#reader.readStart()
    if (!packet) return false
    if (packet.kind === 'encryption') {
      this.#socket.write(encryptionRefused)
      return true
    }
    if (packet.kind === 'cancel') {
      this.#leave()
      this.#socket.end()
      return false
    }
    this.#socket.write(greeting(this.#options.engine.parameters))
    this.#isStarted = true
    return true
  }

  #take(next: Frame): void {
    if (next.type === 'X') {
      this.#steps.push('terminate')
      return
    }
    if (COPY_PARTS.has(next.type)) return
    const endsBatch = BATCH_ENDS.has(next.type)
    if (!endsBatch && !BATCH_PARTS.has(next.type)) {
      throw new ProtocolViolation(`messages of type ${JSON.stringify(next.type)} are not understood`)
    }
    const sql = sqlOf(next)
    if (sql !== undefined) {
      refuseCopyIn(sql)
      this.#leavesState ||= mayLeaveState(sql)
    }
    const bytes = this.#statements.translate(next)
    this.#batch.messages.push(bytes)
    this.#batch.bytes += bytes.length
    if (this.#batch.bytes > this.#options.limits.messageBytesMax) {
      throw new ProtocolViolation(
        `a batch of more than ${this.#options.limits.messageBytesMax} bytes is not taken`,
        '54000',
      )
    }
    if (!endsBatch) return
    this.#steps.push(this.#batch)
    this.#pendingBytes += this.#batch.bytes
    this.#batch = { messages: [], bytes: 0 }
    if (this.#pendingBytes > PENDING_BYTES_MAX) this.#socket.pause()
  }

  /** Runs what waits, one batch after another. */
  async #pump(): Promise<void> {
    if (this.#isPumping) return
    this.#isPumping = true
    try {
      for (;;) {
        const step = this.#steps.shift()
        if (step === undefined || this.#isEnded) return
        if (step === 'terminate') {
          this.#leave()
          this.#socket.end()
          return
        }
        if (!(await this.#hold()) || this.#isEnded) return
        this.#run(step)
        this.#pendingBytes -= step.bytes
        if (this.#pendingBytes <= PENDING_BYTES_MAX) this.#socket.resume()
        await this.#untilRead()
      }
    } finally {
      this.#isPumping = false
    }
  }

  /** Takes the lease unless it is held. False when the connection ended meanwhile. */
  async #hold(): Promise<boolean> {
    this.#cancelTimer?.()
    if (this.#lease) return true
    try {
      this.#lease = this.#options.leases.enter()
    } catch (error) {
      if (!(error instanceof LeaseQueueFull)) throw error
      this.end('53300', error.message)
      return false
    }
    if (!(await this.#lease.granted)) return false
    this.#transactionStartedAt = this.#options.clock.now()
    const orphans = this.#options.statementNames.takeOrphans()
    if (orphans) this.#exec(orphans)
    return true
  }

  #run(batch: Batch): void {
    let answer: Buffer
    try {
      answer = this.#exec(batch.messages.length === 1 ? batch.messages[0]! : Buffer.concat(batch.messages))
    } catch (error) {
      if (!(error instanceof AnswerTooLong)) throw error
      this.end('54000', error.message)
      return
    }
    this.#socket.write(answer)
    const status = endStatus(answer)
    this.#isInExtendedQuery = status === undefined
    if (status === 'I') this.#giveBack()
    else this.#limitTransaction()
  }

  #exec(messages: Buffer): Buffer {
    try {
      return this.#options.engine.exec(messages)
    } catch (error) {
      if (error instanceof AnswerTooLong) throw error
      return this.#options.onBroken(error)
    }
  }

  /** Ends this holder's turn. Nothing of it stays in the session that the next one gets. */
  #giveBack(): void {
    if (this.#leavesState) this.#exec(queryFrame(FORGET_STATE))
    this.#leavesState = false
    this.#transactionStartedAt = undefined
    this.#lease?.release()
    this.#lease = undefined
  }

  #limitTransaction(): void {
    const { clock, limits } = this.#options
    const leftMs = this.#transactionStartedAt! + limits.transactionMsMax - clock.now()
    const isIdleFirst = limits.idleInTransactionMsMax < leftMs
    this.#cancelTimer = clock.after(Math.max(0, Math.min(limits.idleInTransactionMsMax, leftMs)), () =>
      isIdleFirst
        ? this.end('25P03', `rolled back: nothing came for ${limits.idleInTransactionMsMax} ms`)
        : this.end('25P04', `rolled back: the transaction took more than ${limits.transactionMsMax} ms`),
    )
  }

  /** Waits while the client leaves too much of its answers unread, and gives it up after a while. */
  async #untilRead(): Promise<void> {
    const { limits, clock } = this.#options
    if (this.#socket.writableLength <= limits.unreadBytesMax) return
    const cancel = clock.after(limits.unreadMsMax, () => this.#socket.destroy())
    await new Promise<void>((resolve) => {
      this.#socket.once('drain', resolve)
      this.#socket.once('close', () => resolve())
    })
    cancel()
  }

  /** Gives the lease back with nothing open, and leaves what was prepared to be forgotten. */
  #leave(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#cancelTimer?.()
    this.#options.statementNames.abandon(this.#statements)
    if (this.#transactionStartedAt === undefined) {
      // It still waits, and has nothing open.
      this.#lease?.release()
      return
    }
    if (this.#isInExtendedQuery) this.#exec(syncFrame)
    this.#exec(queryFrame('ROLLBACK'))
    this.#giveBack()
  }
}

/**
 * Settings, temporary tables (which hide real ones of the same name) and session locks belong to a session, and all
 * clients share it.
 */
function mayLeaveState(sql: string): boolean {
  return /(?:^|;)\s*(?:set|listen)\b|\bset_config\b|\btemp(?:orary)?\b|\bpg_temp\b|\bpg_(?:try_)?advisory_lock/i.test(
    sql,
  )
}

const FORGET_STATE =
  'RESET SESSION AUTHORIZATION; RESET ALL; DISCARD TEMP; UNLISTEN *; SELECT pg_advisory_unlock_all()'

/** PGlite's process ends when a COPY asks its client for rows. */
function refuseCopyIn(sql: string): void {
  if (/\bcopy\b[^;]*\bstdin\b/i.test(sql)) {
    throw new ProtocolViolation('COPY FROM STDIN is not available in the embedded records', '0A000')
  }
}

/**
 * Names of prepared statements. All connections share one session, so each name is mapped to one that no other connection
 * has, and what a connection leaves behind is closed by the next holder of the lease.
 */
export class StatementNames {
  #nextId = 0
  #orphans: string[] = []

  connection(statementsMax: number): ConnectionStatements {
    return new ConnectionStatements(() => `f${this.#nextId++}`, statementsMax)
  }

  abandon(statements: ConnectionStatements): void {
    this.#orphans.push(...statements.takeAll())
  }

  /** Messages that close what dead connections left, or undefined when they left nothing. */
  takeOrphans(): Buffer | undefined {
    if (this.#orphans.length === 0) return undefined
    const closes = this.#orphans.map((name) => frame('C', zeroTerminated(`S${name}`)))
    this.#orphans = []
    return Buffer.concat([...closes, syncFrame])
  }
}

export class ConnectionStatements {
  readonly #newName: () => string
  readonly #statementsMax: number
  #names = new Map<string, string>()

  constructor(newName: () => string, statementsMax: number) {
    this.#newName = newName
    this.#statementsMax = statementsMax
  }

  /** The message under the session's own names. Throws ProtocolViolation for one statement too many. */
  translate(next: Frame): Buffer {
    return renameStatement(next, (name) => this.#sessionName(name)).bytes
  }

  takeAll(): string[] {
    const names = [...this.#names.values()]
    this.#names.clear()
    return names
  }

  #sessionName(name: string): string {
    const known = this.#names.get(name)
    if (known !== undefined) return known
    if (this.#names.size >= this.#statementsMax) {
      throw new ProtocolViolation(
        `a connection has no more than ${this.#statementsMax} prepared statements`,
        '54000',
      )
    }
    const fresh = this.#newName()
    this.#names.set(name, fresh)
    return fresh
  }
}
