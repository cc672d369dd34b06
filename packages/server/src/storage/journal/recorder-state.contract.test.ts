import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Position } from './journal.ts'
import { openLmdbRecorderState } from './lmdb-recorder-state.ts'
import type { RecorderState, SealedBatch, StateChanges } from './recorder-state.ts'

const SEALER = fileURLToPath(new URL('../../../test/recorder-state-sealer.ts', import.meta.url))
const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 22, 12)

/** What any recorder state must do. A cluster's (RECORDS and an EVENTS table `message_seen`) joins the list. */
const BACK_ENDS: { name: string; open(folder: string, options: { journalId: string }): RecorderState }[] = [
  { name: 'lmdb', open: openLmdbRecorderState },
]

describe.each(BACK_ENDS)('recorder state: $name', ({ open }) => {
  let folder: string
  let state: RecorderState

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'foyer-recorder-'))
    state = open(folder, { journalId: 'journal' })
  })

  afterEach(async () => {
    await state.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function reopen(journalId = 'journal'): Promise<void> {
    await state.close()
    state = open(folder, { journalId })
  }

  async function settle(changes: Partial<StateChanges>, upTo: number | null = null): Promise<void> {
    await state.seal(batch(upTo), { seen: [], remember: [], ...changes })
    await state.unseal()
  }

  function batch(upTo: number | null, ndjson = '{"a":1}\n'): SealedBatch {
    const number = state.nextNumber()
    const inserts = ['events', 'view_revision'].map((table) => ({
      table,
      token: `journal:${number}:${table}`,
      // Rows are arrays in one and objects in the other, as they were before columns were named.
      ...(table === 'events' ? { columns: ['a', 'b'] } : {}),
      ndjson: Buffer.from(table + ndjson),
    }))
    const links = [{ anonymous: '1', vid: '2', device: '3', at: NOW }] as unknown as SealedBatch['links']
    return { number, upTo: upTo as Position | null, inserts, links }
  }

  test('before the first batch there is nothing', () => {
    expect(state.cursor()).toBeNull()
    expect(state.sealed()).toBeNull()
    expect(state.nextNumber()).toBe(1)
    expect(state.seen([keyOf('a')])).toEqual([false])
    expect(state.get('view', 'a')).toBeUndefined()
    expect(state.due('view', NOW, 10)).toEqual([])
  })

  test('a sealed batch survives a restart with its rows, and is gone once unsealed', async () => {
    const sealed = batch(7)
    await state.seal(sealed, { seen: [], remember: [] })
    await reopen()
    expect(state.sealed()).toEqual(sealed)
    expect(state.cursor()).toBe(7)
    expect(state.nextNumber()).toBe(2)
    await state.unseal()
    await reopen()
    expect(state.sealed()).toBeNull()
    expect(state.cursor()).toBe(7)
    expect(state.nextNumber()).toBe(2)
  })

  test('a second batch is refused while one is sealed, and changes nothing', async () => {
    await state.seal(batch(1), { seen: [], remember: [] })
    const changes: StateChanges = {
      seen: [{ key: keyOf('late'), expiresAt: null }],
      remember: [{ kind: 'view', key: 'late', value: Buffer.from('x') }],
    }
    await expect(state.seal(batch(2), changes)).rejects.toThrow('not yet inserted')
    expect(state.cursor()).toBe(1)
    expect(state.seen([keyOf('late')])).toEqual([false])
    expect(state.get('view', 'late')).toBeUndefined()
  })

  test('a batch that no entry caused leaves the cursor', async () => {
    await settle({}, 5)
    await settle({}, null)
    expect(state.cursor()).toBe(5)
  })

  test('a failing change undoes the whole batch', async () => {
    const changes: StateChanges = {
      seen: [
        { key: keyOf('good'), expiresAt: null },
        { key: Buffer.alloc(3), expiresAt: null },
      ],
      remember: [],
    }
    await expect(state.seal(batch(1), changes)).rejects.toThrow(RangeError)
    const tooLong = [{ kind: 'view' as const, key: 'k'.repeat(5_000), value: Buffer.from('x') }]
    const seen = [{ key: keyOf('good'), expiresAt: null }]
    await expect(state.seal(batch(1), { seen, remember: tooLong })).rejects.toThrow()
    expect(state.seen([keyOf('good')])).toEqual([false])
    expect(state.sealed()).toBeNull()
    expect(state.cursor()).toBeNull()
    await settle({ seen }, 1)
    expect(state.seen([keyOf('good')])).toEqual([true])
  })

  test('keys are seen exactly, in the order asked', async () => {
    await settle({ seen: ['a', 'b'].map((text) => ({ key: keyOf(text), expiresAt: NOW + 7 * DAY })) })
    await settle({ seen: [{ key: keyOf('c'), expiresAt: null }] })
    expect(state.seen(['x', 'c', 'a', 'y', 'b', 'a'].map(keyOf))).toEqual([
      false,
      true,
      true,
      false,
      true,
      true,
    ])
    await reopen()
    expect(state.seen(['a', 'c', 'x'].map(keyOf))).toEqual([true, true, false])
  })

  test('keys are kept for their seven days, forgotten within two more, and imports for ever', async () => {
    const seen = Array.from({ length: 2_000 }, (_, i) => ({ key: keyOf(`k${i}`), expiresAt: NOW + 7 * DAY }))
    await settle({ seen: [...seen, { key: keyOf('import'), expiresAt: null }] })
    const asked = [keyOf('k0'), keyOf('k1999'), keyOf('import')]
    expect(await state.expire(NOW + 7 * DAY - 1, 100_000)).toBe(0)
    expect(state.seen(asked)).toEqual([true, true, true])
    expect(await state.expire(NOW + 9 * DAY, 1_500)).toBe(1_500)
    expect(await state.expire(NOW + 9 * DAY, 100_000)).toBe(500)
    expect(state.seen(asked)).toEqual([false, false, true])
    expect(await state.expire(NOW + 40_000 * DAY, 100_000)).toBe(0)
    expect(state.seen(asked)).toEqual([false, false, true])
  })

  test('a key that is seen again later lives by the later time', async () => {
    await settle({ seen: [{ key: keyOf('a'), expiresAt: NOW + DAY }] })
    await settle({ seen: [{ key: keyOf('a'), expiresAt: NOW + 9 * DAY }] })
    await state.expire(NOW + 4 * DAY, 100)
    expect(state.seen([keyOf('a')])).toEqual([true])
    await state.expire(NOW + 12 * DAY, 100)
    expect(state.seen([keyOf('a')])).toEqual([false])
  })

  test('values are remembered by kind, replaced and forgotten', async () => {
    const value = (text: string) => Buffer.from(text)
    await settle({
      remember: [
        { kind: 'view', key: 'same', value: value('of the view') },
        { kind: 'device', key: 'same', value: value('of the device') },
        { kind: 'view', key: 'empty', value: value('') },
      ],
    })
    await settle({ remember: [{ kind: 'view', key: 'same', value: value('newer') }] })
    const read = (kind: 'view' | 'device', key: string) => {
      const found = state.get(kind, key)
      return found && Buffer.from(found).toString()
    }
    expect(read('view', 'same')).toBe('newer')
    expect(read('device', 'same')).toBe('of the device')
    expect(read('view', 'empty')).toBe('')
    await settle({ remember: [{ kind: 'view', key: 'same', value: null }] })
    expect(read('view', 'same')).toBeUndefined()
    expect(read('device', 'same')).toBe('of the device')
  })

  test('due names the keys whose time has come, oldest first, and follows a change of the time', async () => {
    const at = (key: string, dueAt: number | null) => ({
      kind: 'view' as const,
      key,
      value: Buffer.from('v'),
      dueAt,
    })
    await settle({ remember: [at('late', NOW + 2), at('now', NOW), at('early', NOW - 5), at('never', null)] })
    await settle({ remember: [{ kind: 'device', key: 'other kind', value: Buffer.from('v'), dueAt: NOW }] })
    expect(state.due('view', NOW, 10)).toEqual(['early', 'now'])
    expect(state.due('view', NOW + 10, 2)).toEqual(['early', 'now'])
    await settle({ remember: [at('early', NOW + 20), { kind: 'view', key: 'now', value: null }] })
    expect(state.due('view', NOW + 10, 10)).toEqual(['late'])
    await reopen()
    expect(state.due('view', NOW + 30, 10)).toEqual(['late', 'early'])
  })

  test('with another journal the cursor starts over and everything else stays', async () => {
    await settle({ seen: [{ key: keyOf('a'), expiresAt: null }] }, 900)
    await reopen('restored')
    expect(state.cursor()).toBeNull()
    expect(state.seen([keyOf('a')])).toEqual([true])
    expect(state.nextNumber()).toBe(2)
  })

  test('a sealed batch of another journal keeps its rows and loses its place, so that nothing here is committed', async () => {
    const inserts = [{ table: 'events', token: 'a', ndjson: Buffer.from('{}') }]
    await state.seal({ number: 1, upTo: 5 as Position, inserts, links: [] }, { seen: [], remember: [] })
    expect(state.sealed()).toMatchObject({ upTo: 5, number: 1 })
    await reopen('restored')
    expect(state.sealed()).toMatchObject({ upTo: null, number: 1, inserts: [{ token: 'a' }] })
    await state.unseal()
    expect(state.sealed()).toBeNull()
  })

  test('SIGKILL at any moment leaves whole batches only, three times', async () => {
    await state.close()
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, [SEALER, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
      let said = { step: '', number: 0, count: 0 }
      const lines = createInterface({ input: child.stdout })
      const enough = Promise.withResolvers<void>()
      lines.on('line', (line) => {
        const [step, number] = line.split(' ') as [string, string]
        said = { step, number: Number(number), count: said.count + 1 }
        if (said.count >= 10 + 7 * round) enough.resolve()
      })
      await enough.promise
      child.kill('SIGKILL')
      await once(child, 'close')

      state = open(folder, { journalId: 'journal' })
      const reached = state.cursor()!
      // What was said is there; at most the step that was under way has happened besides.
      expect(reached).toBeGreaterThanOrEqual(said.number)
      expect(reached).toBeLessThanOrEqual(said.number + 1)
      expect(state.nextNumber()).toBe(reached + 1)
      expect(Buffer.from(state.get('view', 'latest')!).toString()).toBe(String(reached))
      expect(state.due('view', reached, 10)).toEqual(['latest'])
      const keysOf = (number: number) => Array.from({ length: 500 }, (_, i) => keyOf(`${number}:${i}`))
      expect(state.seen(keysOf(reached))).not.toContain(false)
      expect(state.seen(keysOf(reached + 1))).not.toContain(true)
      const sealed = state.sealed()
      if (said.step === 'sealed' && reached > said.number) expect.fail('sealed twice without unsealing')
      if (sealed) {
        expect(sealed.number).toBe(reached)
        expect(Buffer.compare(sealed.inserts[0]!.ndjson, Buffer.alloc(200_000, reached % 256))).toBe(0)
      }
      await state.close()
    }
    state = open(folder, { journalId: 'journal' })
  })
})

function keyOf(text: string): Uint8Array {
  return createHash('sha256').update(text).digest().subarray(0, 16)
}
