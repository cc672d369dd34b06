import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeEngine, RawClient, START } from '../../../test/wire-fakes.ts'
import { manualClock, type ManualClock } from '../../platform/clock.ts'
import { createLogger } from '../../platform/log.ts'
import { LeaseQueue } from './lease-queue.ts'
import { frame, queryFrame, syncFrame, zeroTerminated } from './wire-frames.ts'
import { SOCKET_FILE, startWireServer, WIRE_LIMITS, type WireLimits, type WireServer } from './wire-server.ts'

let socketFolder: string
let engine: FakeEngine
let clock: ManualClock
let server: WireServer
const clients: RawClient[] = []

async function serve(limits: Partial<WireLimits> = {}): Promise<void> {
  server = await startWireServer({
    socketFolder,
    engine,
    leases: new LeaseQueue({ waitersMax: limits.waitersMax ?? 100 }),
    limits: { ...WIRE_LIMITS, ...limits },
    clock,
    log: createLogger({ role: 'test', level: 'silent' }),
    onBroken(error) {
      throw error
    },
  })
}

function newClient(): RawClient {
  const client = new RawClient(socketFolder)
  clients.push(client)
  return client
}

beforeEach(() => {
  socketFolder = mkdtempSync(join(tmpdir(), 'foyer-wire-'))
  engine = new FakeEngine()
  clock = manualClock(1_000)
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy()
  await server.close()
  rmSync(socketFolder, { recursive: true })
})

describe('a start', () => {
  it('is answered without a password, with the parameters of the engine', async () => {
    await serve()
    const client = newClient()
    client.send(START)
    expect((await client.until('R')).bytes.readInt32BE(5)).toBe(0)
    expect((await client.until('S')).bytes.toString('utf8', 5)).toBe(
      `server_version\0${engine.parameters.server_version}\0`,
    )
    expect((await client.until('Z')).bytes.toString('latin1', 5)).toBe('I')
  })

  it('that asks for encryption is told no and may go on', async () => {
    await serve()
    const socket = connect(join(socketFolder, SOCKET_FILE))
    const request = Buffer.alloc(8)
    request.writeUInt32BE(8)
    request.writeUInt32BE(80877103, 4)
    socket.write(request)
    const answer = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
    expect(answer.toString('latin1')).toBe('N')
    socket.write(START)
    const greeting = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
    expect(greeting[0]).toBe('R'.charCodeAt(0))
    socket.destroy()
  })

  it('that is none is refused', async () => {
    await serve()
    const client = newClient()
    client.send(Buffer.from('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'))
    expect(await client.fatal()).toBe('08P01')
  })

  it('is refused above the limit of connections', async () => {
    await serve({ connectionsMax: 1 })
    await newClient().start()
    expect(await newClient().fatal()).toBe('53300')
  })

  it('is for nobody but the owner of the files', async () => {
    await serve()
    expect(statSync(join(socketFolder, SOCKET_FILE)).mode & 0o077).toBe(0)
  })
})

describe('a lease', () => {
  it('is held from BEGIN to COMMIT, and others wait', async () => {
    await serve()
    const [first, second] = [await newClient().start(), await newClient().start()]
    expect(await first.query('BEGIN')).toBe('T')
    const waiting = second.query('second')
    await first.query('first')
    await first.query('COMMIT')
    await waiting
    expect(engine.ran).toEqual(['Q BEGIN', 'Q first', 'Q COMMIT', 'Q second'])
  })

  it('of a connection that dies is rolled back before the next one runs', async () => {
    await serve()
    const [first, second] = [await newClient().start(), await newClient().start()]
    await first.query('BEGIN')
    const waiting = second.query('second')
    first.socket.destroy()
    await waiting
    expect(engine.ran).toEqual(['Q BEGIN', 'Q ROLLBACK', 'Q second'])
  })

  it('of a connection that dies between Flush and Sync is brought to its Sync first', async () => {
    await serve()
    const [first, second] = [await newClient().start(), await newClient().start()]
    first.send(frame('P', zeroTerminated('', 'half')), frame('H'))
    await first.until('1')
    const waiting = second.query('second')
    first.socket.destroy()
    await waiting
    expect(engine.ran).toEqual(['P half', 'H', 'S', 'Q ROLLBACK', 'Q second'])
  })

  it('is never given to one that died while it waited', async () => {
    await serve()
    const [first, second, third] = [
      await newClient().start(),
      await newClient().start(),
      await newClient().start(),
    ]
    await first.query('BEGIN')
    second.send(queryFrame('dead'))
    second.socket.end()
    await second.closed()
    const waiting = third.query('third')
    await first.query('COMMIT')
    await waiting
    expect(engine.ran).toEqual(['Q BEGIN', 'Q COMMIT', 'Q third'])
  })

  it('ends with 25P03 after silence in a transaction', async () => {
    await serve()
    const [first, second] = [await newClient().start(), await newClient().start()]
    await first.query('BEGIN')
    const waiting = second.query('second')
    clock.advance(WIRE_LIMITS.idleInTransactionMsMax)
    expect(await first.fatal()).toBe('25P03')
    await waiting
    expect(engine.ran).toEqual(['Q BEGIN', 'Q ROLLBACK', 'Q second'])
  })

  it('goes on as long as something comes, but not for ever: then it ends with 25P04', async () => {
    await serve({ idleInTransactionMsMax: 10_000, transactionMsMax: 25_000 })
    const client = await newClient().start()
    await client.query('BEGIN')
    clock.advance(9_999)
    await client.query('one')
    clock.advance(9_999)
    await client.query('two')
    clock.advance(5_002)
    expect(await client.fatal()).toBe('25P04')
    expect(engine.ran.at(-1)).toBe('Q ROLLBACK')
  })

  it('has no limit outside a transaction', async () => {
    await serve()
    const client = await newClient().start()
    await client.query('one')
    clock.advance(3_600_000)
    expect(await client.query('two')).toBe('I')
  })

  it('is refused with 53300 when too many wait', async () => {
    await serve({ waitersMax: 1 })
    const [first, second, third] = [
      await newClient().start(),
      await newClient().start(),
      await newClient().start(),
    ]
    await first.query('BEGIN')
    const waiting = second.query('second')
    await new Promise((resolve) => setImmediate(resolve))
    third.send(queryFrame('third'))
    expect(await third.fatal()).toBe('53300')
    await first.query('COMMIT')
    await waiting
  })

  it('leaves no settings, temporary tables or session locks to the next one', async () => {
    await serve()
    const [first, second] = [await newClient().start(), await newClient().start()]
    for (const sql of [
      'SET search_path = x',
      'CREATE TEMP TABLE viewer (id int)',
      'UPDATE viewer SET id = 1',
    ]) {
      await first.query(sql)
      await second.query('second')
    }
    expect(engine.ran.map((ran) => ran.slice(0, 21))).toEqual([
      'Q SET search_path = x',
      'Q RESET SESSION AUTHO',
      'Q second',
      'Q CREATE TEMP TABLE v',
      'Q RESET SESSION AUTHO',
      'Q second',
      'Q UPDATE viewer SET i',
      'Q second',
    ])
  })

  it('of a connection that dies forgets what it set, too', async () => {
    await serve()
    const [first, second] = [await newClient().start(), await newClient().start()]
    await first.query('BEGIN')
    await first.query('SET search_path = x')
    first.socket.destroy()
    await second.query('second')
    expect(engine.ran.map((ran) => ran.slice(0, 21)).slice(2)).toEqual([
      'Q ROLLBACK',
      'Q RESET SESSION AUTHO',
      'Q second',
    ])
  })

  it('ends with the server, rolled back', async () => {
    await serve()
    const client = await newClient().start()
    await client.query('BEGIN')
    await server.close()
    expect(await client.fatal()).toBe('57P01')
    expect(engine.ran).toEqual(['Q BEGIN', 'Q ROLLBACK'])
  })
})

describe('a client that does not read', () => {
  it('does not keep the server from closing', async () => {
    await serve({ unreadBytesMax: 100_000 })
    const client = await newClient().start()
    client.socket.pause()
    client.send(queryFrame('repeat 5000000'))
    const other = await newClient().start()
    while (!engine.ran.some((ran) => ran.startsWith('Q repeat'))) await other.query('other')
    const closed = server.close()
    clock.advance(1_000)
    await closed
  })
})

describe('messages', () => {
  it('up to Sync are run together and answered in order', async () => {
    await serve()
    const client = await newClient().start()
    client.send(frame('P', zeroTerminated('', 'one')), syncFrame, queryFrame('two'), queryFrame('three'))
    for (let answers = 0; answers < 3; answers += 1) await client.until('Z')
    expect(engine.ran).toEqual(['P one', 'S', 'Q two', 'Q three'])
    expect(engine.batches).toBe(3)
  })

  it('without an end run nothing and hold nothing', async () => {
    await serve()
    const [first, second] = [await newClient().start(), await newClient().start()]
    first.send(frame('P', zeroTerminated('', 'half')))
    await second.query('whole')
    expect(engine.ran).toEqual(['Q whole'])
  })

  it('before Terminate are run first', async () => {
    await serve()
    const client = await newClient().start()
    client.send(queryFrame('last'), frame('X'))
    await client.until('Z')
    await client.closed()
    expect(engine.ran).toEqual(['Q last'])
  })

  it('longer than the limit end their connection, and so do batches', async () => {
    await serve({ messageBytesMax: 1_000 })
    const client = await newClient().start()
    client.send(queryFrame('x'.repeat(1_001)))
    expect(await client.fatal()).toBe('54000')
    const slow = await newClient().start()
    for (let part = 0; part < 4; part += 1) slow.send(frame('P', zeroTerminated('', 'x'.repeat(300))))
    expect(await slow.fatal()).toBe('54000')
    expect(engine.ran).toEqual([])
  })

  it('of unknown types end their connection; what a failed COPY leaves is passed over', async () => {
    await serve()
    const client = await newClient().start()
    client.send(frame('d', Buffer.from('row')), frame('f', zeroTerminated('stop')))
    expect(await client.query('still here')).toBe('I')
    client.send(frame('?'))
    expect(await client.fatal()).toBe('08P01')
  })

  it('that copy from the client are refused, since they would end the engine', async () => {
    await serve()
    for (const message of [
      queryFrame('COPY title (name)\nFROM STDIN WITH (FORMAT csv)'),
      frame('P', zeroTerminated('', 'copy title from stdin')),
    ]) {
      const client = await newClient().start()
      client.send(message)
      expect(await client.fatal()).toBe('0A000')
    }
    const client = await newClient().start()
    expect(await client.query('COPY title TO STDOUT')).toBe('I')
    expect(engine.ran).toEqual(['Q COPY title TO STDOUT'])
  })

  it('whose answer is too long end their connection and free the lease', async () => {
    await serve()
    const [first, second] = [await newClient().start(), await newClient().start()]
    first.send(queryFrame('huge'))
    expect(await first.fatal()).toBe('54000')
    expect(await second.query('second')).toBe('I')
  })

  it('that nobody reads the answers of are not run on and on', async () => {
    await serve({ unreadBytesMax: 100_000, unreadMsMax: 5_000 })
    const client = await newClient().start()
    client.socket.pause()
    for (let query = 0; query < 50; query += 1) client.send(queryFrame('repeat 1000000'))
    const other = await newClient().start()
    await other.query('other')
    await other.query('another')
    expect(engine.ran.filter((ran) => ran.startsWith('Q repeat')).length).toBeLessThan(5)
    clock.advance(5_000)
    client.socket.resume()
    await client.closed()
  })
})

describe('prepared statements', () => {
  it('of one name have a name of their own in each connection', async () => {
    await serve()
    const [first, second] = [await newClient().start(), await newClient().start()]
    for (const client of [first, second]) {
      client.send(frame('P', zeroTerminated('mine', 'SELECT 1')), syncFrame)
      await client.until('Z')
    }
    expect(engine.ran).toEqual(['P f0 SELECT 1', 'S', 'P f1 SELECT 1', 'S'])
  })

  it('are closed after their connection is gone', async () => {
    await serve()
    const [first, second] = [await newClient().start(), await newClient().start()]
    first.send(frame('P', zeroTerminated('mine', 'SELECT 1')), syncFrame)
    await first.until('Z')
    first.socket.end()
    await first.closed()
    await second.query('second')
    expect(engine.ran.slice(2)).toEqual(['C Sf0', 'S', 'Q second'])
  })

  it('are limited', async () => {
    await serve({ statementsMax: 3 })
    const client = await newClient().start()
    for (let index = 0; index < 4; index += 1) {
      client.send(frame('P', zeroTerminated(`name${index}`, 'SELECT 1')), syncFrame)
    }
    expect(await client.fatal()).toBe('54000')
  })
})
