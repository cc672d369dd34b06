import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Problem, StartupError } from '../../platform/errors.ts'
import type { Journal, Position } from './journal.ts'
import { openLmdbJournal, type LmdbJournalOptions } from './lmdb-journal.ts'

const APPENDER = fileURLToPath(new URL('../../../test/journal-appender.ts', import.meta.url))
const FULL_DISK = fileURLToPath(new URL('../../../test/journal-on-full-disk.ts', import.meta.url))

/**
 * What any journal must do. The list holds the embedded one; Kafka's joins it here, opened by `TEST_KAFKA_BROKERS` and a
 * topic of its own in the place of the folder.
 */
const BACK_ENDS: { name: string; open(folder: string, options: LmdbJournalOptions): Journal }[] = [
  { name: 'lmdb', open: openLmdbJournal },
]

const ROOMY: LmdbJournalOptions = { bytesMax: 100_000_000, entriesMax: 100_000 }
const ALL = { entries: 1_000_000, bytes: 1_000_000_000 }

describe.each(BACK_ENDS)('journal: $name', ({ open }) => {
  let folder: string
  const opened: Journal[] = []
  const children: ChildProcess[] = []

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'foyer-journal-'))
  })

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    for (const journal of opened.splice(0)) await journal.close()
    rmSync(folder, { recursive: true, force: true })
  })

  function journal(options: LmdbJournalOptions = ROOMY): Journal {
    const made = open(folder, options)
    opened.push(made)
    return made
  }

  async function reopen(before: Journal, options = ROOMY): Promise<Journal> {
    opened.splice(opened.indexOf(before), 1)
    await before.close()
    return journal(options)
  }

  /** Another process that appends; resolves acknowledged entries by position. */
  function appender(name: string, count: number): { acked: Map<number, string>; child: ChildProcess } {
    const child = spawn(process.execPath, [APPENDER, folder, name, String(count), '300'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    const acked = new Map<number, string>()
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [position, text] = line.split(' ')
      if (text) acked.set(Number(position), text)
    })
    return { acked, child }
  }

  const texts = (from: Journal, after: Position | null = null) =>
    from.read(after, ALL).map(({ entry }) => Buffer.from(entry).toString())

  test('entries come back in the order of their positions, byte for byte', async () => {
    const subject = journal()
    const odd = [
      Buffer.alloc(0),
      Buffer.from([0, 255, 0]),
      Buffer.alloc(300_000, 9),
      Buffer.from('{"a":"ñ"}'),
    ]
    const positions = await Promise.all(odd.map((entry) => subject.append(entry)))
    expect(positions).toEqual([...positions].sort((a, b) => a - b))
    expect(new Set(positions).size).toBe(4)
    const read = subject.read(null, ALL)
    expect(read.map(({ position }) => position)).toEqual(positions)
    for (const [index, { entry }] of read.entries()) expect(Buffer.compare(entry, odd[index]!)).toBe(0)
  })

  test('a read begins after its position and ends at either limit, with one entry at least', async () => {
    const subject = journal()
    const positions: Position[] = []
    for (const text of ['aaaa', 'bbbb', 'cccc', 'dddd'])
      positions.push(await subject.append(Buffer.from(text)))
    expect(texts(subject, positions[1])).toEqual(['cccc', 'dddd'])
    expect(subject.read(null, { entries: 3, bytes: 1e9 })).toHaveLength(3)
    expect(subject.read(null, { entries: 100, bytes: 9 })).toHaveLength(2)
    expect(subject.read(null, { entries: 100, bytes: 1 })).toHaveLength(1)
    expect(subject.read(positions[3]!, ALL)).toEqual([])
  })

  test('a changed buffer does not change what was read before', async () => {
    const subject = journal()
    await subject.append(Buffer.from('first'))
    await subject.append(Buffer.from('other'))
    const [first] = subject.read(null, { entries: 1, bytes: 1e9 })
    subject.read(first!.position, ALL)
    expect(Buffer.from(first!.entry).toString()).toBe('first')
  })

  test('positions go on after a restart, also when everything was trimmed', async () => {
    let subject = journal()
    const before = await subject.append(Buffer.from('old'))
    await subject.commit(before)
    await subject.trim()
    const id = subject.id
    subject = await reopen(subject)
    expect(subject.id).toBe(id)
    const after = await subject.append(Buffer.from('new'))
    expect(after).toBeGreaterThan(before)
    expect(texts(subject, before)).toEqual(['new'])
  })

  test('two folders are two journals', () => {
    const first = journal()
    folder = mkdtempSync(join(tmpdir(), 'foyer-journal-'))
    expect(journal().id).not.toBe(first.id)
  })

  test('trim deletes what is committed and nothing else', async () => {
    const subject = journal()
    const numbers = Array.from({ length: 5_000 }, (_, i) => String(i).padStart(4, '0'))
    const positions = await Promise.all(numbers.map((text) => subject.append(Buffer.from(text))))
    await subject.trim()
    expect(subject.backlog().entries).toBe(5_000)
    await subject.commit(positions[4_500]!)
    await subject.trim()
    expect(subject.backlog()).toEqual({ entries: 499, bytes: 499 * 4 })
    expect(texts(subject)[0]).toBe('4501')
    // An older commit takes nothing back.
    await subject.commit(positions[3]!)
    await subject.trim()
    expect(subject.backlog().entries).toBe(499)
  })

  test('a position that was never given out cannot be committed', async () => {
    const subject = journal()
    const position = await subject.append(Buffer.from('only'))
    await expect(subject.commit((position + 1) as Position)).rejects.toThrow(RangeError)
  })

  test.each([
    ['bytes', { bytesMax: 2_000, entriesMax: 1_000 }],
    ['entries', { bytesMax: 1_000_000, entriesMax: 20 }],
  ])('at the high-water mark of %s appends are refused until the recorder makes room', async (_, options) => {
    const subject = journal(options)
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, () => subject.append(Buffer.alloc(100, 1))),
    )
    const taken = outcomes.filter((outcome) => outcome.status === 'fulfilled')
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(taken).toHaveLength(20)
    expect(refused).toHaveLength(20)
    for (const { reason } of refused) {
      expect(reason).toBeInstanceOf(Problem)
      expect(reason).toMatchObject({ code: 'journal.full', status: 503, headers: { 'Retry-After': '5' } })
    }
    expect(texts(subject)).toHaveLength(20)
    await subject.commit(taken[9]!.value)
    await subject.trim()
    await expect(subject.append(Buffer.alloc(100, 2))).resolves.toBeGreaterThan(taken[19]!.value)
  })

  test('space of trimmed entries is used again', async () => {
    const subject = journal({ bytesMax: 3_000_000, entriesMax: 1_000 })
    for (let round = 0; round < 20; round++) {
      const positions = await Promise.all(
        Array.from({ length: 25 }, () => subject.append(Buffer.alloc(100_000, round))),
      )
      await subject.commit(positions.at(-1)!)
      await subject.trim()
    }
    expect(subject.backlog()).toEqual({ entries: 0, bytes: 0 })
  })

  test('several processes append at once: each entry once, positions in the order of reading', async () => {
    const subject = journal()
    const writers = ['a', 'b', 'c'].map((name) => appender(name, 400))
    const own = await Promise.all(
      Array.from({ length: 400 }, (_, i) => subject.append(Buffer.from(`own:${i}:`))),
    )
    await Promise.all(writers.map(({ child }) => once(child, 'close')))
    const read = subject.read(null, ALL)
    const positions = read.map(({ position }) => position as number)
    expect(positions).toEqual([...positions].sort((a, b) => a - b))
    const byPosition = new Map(
      read.map(({ position, entry }) => [position as number, Buffer.from(entry).toString()]),
    )
    expect(byPosition.size).toBe(1_600)
    for (const { acked } of writers) {
      expect(acked.size).toBe(400)
      for (const [position, text] of acked) expect(byPosition.get(position)).toContain(text)
    }
    for (const [i, position] of own.entries()) expect(byPosition.get(position)).toBe(`own:${i}:`)
  })

  test('the doorbell rings for appends of this and of another process', async () => {
    const subject = journal()
    let rang = Promise.withResolvers<void>()
    const stop = subject.onAppend(() => rang.resolve())
    await subject.append(Buffer.from('own'))
    await rang.promise
    rang = Promise.withResolvers<void>()
    const { child } = appender('other', 1)
    await once(child, 'close')
    await rang.promise
    expect(texts(subject).some((text) => text.startsWith('other:0:'))).toBe(true)
    stop()
  })

  test('what was acknowledged is read back after SIGKILL of the appending process, three times', async () => {
    const acked = new Map<number, string>()
    for (let round = 0; round < 3; round++) {
      const writer = appender(`round${round}`, 0)
      const enough = 300 + 200 * round
      while (writer.acked.size < enough) await once(writer.child.stdout!, 'data')
      writer.child.kill('SIGKILL')
      await once(writer.child, 'close')
      for (const [position, text] of writer.acked) acked.set(position, text)
    }
    const subject = journal()
    const read = new Map(
      subject.read(null, ALL).map(({ position, entry }) => [position as number, Buffer.from(entry)]),
    )
    expect(acked.size).toBeGreaterThanOrEqual(1_500)
    for (const [position, text] of acked) {
      const entry = read.get(position)
      expect(entry?.toString()).toBe(text.padEnd(300, 'x'))
    }
    await expect(subject.append(Buffer.from('goes on'))).resolves.toBeGreaterThan(Math.max(...acked.keys()))
  })
})

describe('journal: lmdb', () => {
  test('a folder with something else in it stops the start with a sentence', () => {
    const folder = mkdtempSync(join(tmpdir(), 'foyer-journal-'))
    writeFileSync(join(folder, 'data.mdb'), 'not a database'.repeat(1_000))
    expect(() => openLmdbJournal(folder, ROOMY)).toThrow(StartupError)
    rmSync(folder, { recursive: true, force: true })
  })

  test('the folder is its owner’s alone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foyer-journal-'))
    const journal = openLmdbJournal(join(folder, 'journal'), ROOMY)
    expect(statSync(join(folder, 'journal')).mode & 0o777).toBe(0o700)
    await journal.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Ways to have a small disk: a mount of the test's own, and where the kernel allows none, a limit on a file's size. */
  const SMALL_DISKS = [
    {
      name: 'a file system of 6 MB',
      isPossible: spawnSync('sh', ['-c', 'unshare --map-root-user --mount true']).status === 0,
      script: `exec unshare --map-root-user --mount sh -c 'mount -t tmpfs -o size=6m none "$1" && exec "$2" "$3" "$1" mount' sh "$@"`,
    },
    {
      name: 'files of 6 MB at most',
      isPossible: true,
      script: `trap '' XFSZ; ulimit -S -f 12000; exec "$2" "$3" "$1" limit`,
    },
  ].filter(({ isPossible }) => isPossible)

  test.each(SMALL_DISKS)(
    'with $name nothing is acknowledged that is not kept, and with space again it goes on',
    ({ script }) => {
      const folder = mkdtempSync(join(tmpdir(), 'foyer-full-'))
      const { stdout, stderr, status } = spawnSync(
        'sh',
        ['-c', script, 'sh', folder, process.execPath, FULL_DISK],
        { encoding: 'utf8', timeout: 50_000 },
      )
      rmSync(folder, { recursive: true, force: true })
      expect(status, stderr).toBe(0)
      const { acked, refused, whileFull, after, inTheEnd, reopened } = JSON.parse(stdout) as {
        acked: number[]
        refused: string[]
        whileFull: number[]
        after: string[]
        inTheEnd: number[]
        reopened: number[]
      }
      expect(refused.length).toBeGreaterThanOrEqual(20)
      expect(new Set(refused)).toEqual(new Set(['journal.write_failed 5']))
      expect(whileFull).toEqual(acked.filter((n) => n < 200))
      expect(whileFull.length).toBeGreaterThan(10)
      expect(after).toEqual([])
      expect(inTheEnd).toEqual(acked)
      expect(reopened).toEqual(acked)
    },
  )
})
