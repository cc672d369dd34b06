import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Engine } from './engine.ts'
import type { LeaseQueue } from './lease-queue.ts'
import { StatementNames, WireConnection } from './wire-connection.ts'
import { fatalError } from './wire-frames.ts'

/**
 * The PostgreSQL protocol on a Unix socket, in front of an engine with one session. Any stock client speaks to it.
 *
 * Left out, and refused or ignored clearly: passwords (the socket's folder is the guard), encryption, cancelling,
 * COPY FROM STDIN, LISTEN.
 */
export interface WireServer {
  /** Takes no more connections, ends those that are open (their transactions roll back) and removes the socket. */
  close(): Promise<void>
}

export interface WireLimits {
  /** Longest single message and longest unfinished batch, bytes; above it the connection ends with 54000. */
  readonly messageBytesMax: number
  /** Transactions that wait for the session; above it a connection ends with 53300. */
  readonly waitersMax: number
  /** Open connections; one more is refused with 53300. */
  readonly connectionsMax: number
  /** Silence inside a transaction, ms; then it rolls back and the connection ends with 25P03. */
  readonly idleInTransactionMsMax: number
  /** Length of a whole transaction, ms; then the same with 25P04. */
  readonly transactionMsMax: number
  /** Bytes of answers that wait for their reader before no more of its messages are run. */
  readonly unreadBytesMax: number
  /** Time that a reader may leave so much unread, ms; then its connection ends. */
  readonly unreadMsMax: number
  /** Named prepared statements of one connection; above it the connection ends with 54000. */
  readonly statementsMax: number
}

export const WIRE_LIMITS: WireLimits = {
  messageBytesMax: 32_000_000,
  waitersMax: 1_000,
  connectionsMax: 200,
  idleInTransactionMsMax: 10_000,
  transactionMsMax: 60_000,
  unreadBytesMax: 16_000_000,
  unreadMsMax: 30_000,
  statementsMax: 1_000,
}

export interface WireServerOptions {
  /** The folder of the socket; clients name it as their host. */
  readonly socketFolder: string
  readonly engine: Engine
  readonly leases: LeaseQueue
  readonly limits: WireLimits
  readonly clock: Clock
  readonly log: Logger
  /** Called when the engine broke in a batch; must not return. */
  readonly onBroken: (error: unknown) => never
}

/** The name that PostgreSQL's clients expect for port 5432. */
export const SOCKET_FILE = '.s.PGSQL.5432'

export async function startWireServer(options: WireServerOptions): Promise<WireServer> {
  const { socketFolder, limits, log } = options
  const connections = new Set<WireConnection>()
  const statementNames = new StatementNames()

  const server = createServer((socket: Socket) => {
    socket.on('error', (error) => log.debug({ err: error }, 'records connection failed'))
    if (connections.size >= limits.connectionsMax) {
      socket.end(fatalError('53300', `more than ${limits.connectionsMax} connections to the records`))
      return
    }
    const connection = new WireConnection(socket, { ...options, statementNames })
    connections.add(connection)
    socket.once('close', () => connections.delete(connection))
  })

  mkdirSync(socketFolder, { recursive: true, mode: 0o700 })
  const path = join(socketFolder, SOCKET_FILE)
  // Whoever left it there is dead: the caller holds the lock of the data folder.
  rmSync(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  chmodSync(path, 0o600)

  return {
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const connection of connections) connection.end('57P01', 'the records are stopping')
      return closed
    },
  }
}
