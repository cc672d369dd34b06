import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { copyJournal, holdRecorder } from './journal-snapshot.ts'
import type { Journal, Position } from './journal.ts'
import { openLmdbJournal, renewJournalId } from './lmdb-journal.ts'
import { openLmdbRecorderState } from './lmdb-recorder-state.ts'
import type { SealedBatch } from './recorder-state.ts'

const SEALER = fileURLToPath(new URL('../../../test/recorder-state-sealer.ts', import.meta.url))
const LIMITS = { bytesMax: 10_000_000, entriesMax: 10_000 }

let root: string
const at = (name: string): string => join(root, name)
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'foyer-snapshot-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const batch = (number: number, upTo: number): SealedBatch => ({
  number,
  upTo: upTo as Position,
  inserts: [{ table: 'events', token: `t${number}`, ndjson: Buffer.from('{}') }],
  links: [],
})
const nothing = { seen: [], remember: [] }

describe('holding the recorder', () => {
  test('stops the seals of another process, whose memory is copied as it stands, and lets them go on', async () => {
    const child = spawn(process.execPath, [SEALER, at('recorder')], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const lines = createInterface({ input: child.stdout })
      let count = 0
      const enough = (more: number) =>
        new Promise<void>((resolve) => {
          const goal = count + more
          lines.on('line', () => void (++count >= goal && resolve()))
        })
      await enough(6)
      const held = await holdRecorder(
        at('recorder'),
        { journalId: 'journal', isRecording: true },
        async (recorder) => {
          const before = recorder.cursor
          await recorder.copyTo(at('copy'))
          // Longer than the sealer takes for many batches.
          await new Promise((resolve) => setTimeout(resolve, 300))
          return { before, after: recorder.cursor }
        },
      )
      expect(held.after).toBe(held.before)
      await enough(6)

      const copy = openLmdbRecorderState(at('copy'), { journalId: 'journal' })
      expect(copy.cursor()).toBe(held.before)
      expect(copy.sealed()).toBeNull()
      // The copy is no dead letter: it takes batches, for which it uses free pages again.
      for (let number = copy.nextNumber(), end = number + 20; number < end; number++) {
        await copy.seal(batch(number, number), nothing)
        await copy.unseal()
      }
      await copy.close()
    } finally {
      child.kill('SIGKILL')
      await once(child, 'close')
    }
  })

  test('ends with a process that is killed while it holds', async () => {
    const state = openLmdbRecorderState(at('recorder'), { journalId: 'journal' })
    const holder = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { holdRecorder } from ${JSON.stringify(new URL('./journal-snapshot.ts', import.meta.url).href)}
         setInterval(() => {}, 1_000)
         await holdRecorder(${JSON.stringify(at('recorder'))}, { journalId: 'journal', isRecording: false },
           () => { process.stdout.write('holds\\n'); return new Promise(() => {}) })`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    await once(holder.stdout, 'data')
    let isSealed = false
    const sealing = state.seal(batch(1, 1), nothing).then(() => (isSealed = true))
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(isSealed).toBe(false)
    holder.kill('SIGKILL')
    await sealing
    expect(state.cursor()).toBe(1)
    await state.close()
  })

  test('waits for a sealed batch on its way into EVENTS, and gives up in time', async () => {
    const state = openLmdbRecorderState(at('recorder'), { journalId: 'journal' })
    await state.seal(batch(1, 7), nothing)
    const hold = (isRecording: boolean) =>
      holdRecorder(
        at('recorder'),
        { journalId: 'journal', isRecording, restMsMax: 100 },
        async ({ cursor }) => cursor,
      )
    await expect(hold(true)).rejects.toThrow('did not come to rest')
    // Nobody inserts: the batch lies still, and its rows go along.
    expect(await hold(false)).toBe(7)
    await state.unseal()
    expect(await hold(true)).toBe(7)
    await state.close()
  })

  test('tells no cursor of another journal', async () => {
    const state = openLmdbRecorderState(at('recorder'), { journalId: 'before' })
    await state.seal(batch(1, 7), nothing)
    await state.unseal()
    await state.close()
    const options = { journalId: 'after', isRecording: true }
    expect(await holdRecorder(at('recorder'), options, async ({ cursor }) => cursor)).toBeNull()
  })
})

describe('copying a journal', () => {
  let journal: Journal
  beforeEach(() => {
    journal = openLmdbJournal(at('journal'), LIMITS)
  })
  afterEach(() => journal.close())

  const append = (texts: readonly string[]) =>
    Promise.all(texts.map((text) => journal.append(Buffer.from(text))))
  const textsOf = (of: Journal) =>
    of.read(null, { entries: 10_000, bytes: 10_000_000 }).map(({ entry }) => Buffer.from(entry).toString())
  async function copied(range: { after: Position | null; upTo: Position | null }): Promise<string[]> {
    const count = await copyJournal(journal, range, at('copy'))
    const copy = openLmdbJournal(at('copy'), LIMITS)
    const texts = textsOf(copy)
    await copy.close()
    expect(texts).toHaveLength(count)
    return texts
  }

  test('takes what lies after the cursor up to the moment, in order, and nothing that comes later', async () => {
    const first = await append(Array.from({ length: 2_500 }, (_, i) => `first ${i}`))
    const upTo = journal.last()
    await append(['later'])
    const expected = Array.from({ length: 2_490 }, (_, i) => `first ${i + 10}`)
    expect(await copied({ after: first[9]!, upTo })).toEqual(expected)
  })

  test('of a journal without entries makes an empty one', async () => {
    expect(journal.last()).toBeNull()
    expect(await copied({ after: null, upTo: journal.last() })).toEqual([])
  })

  test('of one in which all is recorded makes an empty one', async () => {
    await append(['one', 'two'])
    const upTo = journal.last()!
    await journal.commit(upTo)
    await journal.trim()
    expect(journal.last()).toBe(upTo)
    expect(await copied({ after: upTo, upTo })).toEqual([])
  })

  test('it becomes another journal, and the recorder begins at its beginning', async () => {
    await append(['one'])
    await copied({ after: null, upTo: journal.last() })
    const idOf = async () => {
      const copy = openLmdbJournal(at('copy'), LIMITS)
      await copy.close()
      return copy.id
    }
    const first = await idOf()
    await renewJournalId(at('copy'))
    const second = await idOf()
    expect(new Set([journal.id, first, second]).size).toBe(3)
    const state = openLmdbRecorderState(at('recorder'), { journalId: journal.id })
    await state.seal(batch(1, 1), nothing)
    await state.close()
    const restored = openLmdbRecorderState(at('recorder'), { journalId: second })
    expect(restored.cursor()).toBeNull()
    expect(restored.nextNumber()).toBe(2)
    await restored.close()
  })
})
