import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Position } from './journal.ts'
import { openLmdbJournal } from './lmdb-journal.ts'

const APPENDER = fileURLToPath(new URL('../../../test/journal-appender.ts', import.meta.url))

test('two appenders, one of them killed forty times, while a reader records and trims: all that was acknowledged is read once, in order', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-journal-long-'))
  const journal = openLmdbJournal(folder, { bytesMax: 1_000_000_000, entriesMax: 10_000_000 })
  const acked = new Map<number, string>()
  const read = new Map<number, string>()
  let after: Position | null = null

  async function readOn(): Promise<void> {
    for (const { position, entry } of journal.read(after, { entries: 500, bytes: 1_000_000 })) {
      expect(position).toBeGreaterThan(after ?? 0)
      read.set(position, Buffer.from(entry).toString())
      after = position
    }
    if (after !== null) await journal.commit(after)
    await journal.trim()
  }

  function appender(name: string) {
    const child = spawn(process.execPath, [APPENDER, folder, name, '0', '3000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [position, text] = line.split(' ')
      if (text) acked.set(Number(position), text)
    })
    return child
  }

  const steady = appender('steady')
  for (let round = 0; round < 40; round++) {
    const killed = appender(`round${round}`)
    await once(killed.stdout, 'data')
    for (let turn = 0; turn < 3; turn++) {
      await delay(5 + ((round * 7) % 40))
      await readOn()
    }
    killed.kill('SIGKILL')
    await once(killed, 'close')
  }
  steady.kill('SIGKILL')
  await once(steady, 'close')
  for (let before = -1; before !== read.size;) {
    before = read.size
    await readOn()
  }

  expect(acked.size).toBeGreaterThan(5_000)
  for (const [position, text] of acked) expect(read.get(position)).toBe(text.padEnd(3_000, 'x'))
  expect(journal.backlog()).toEqual({ entries: 0, bytes: 0 })
  await journal.close()
  rmSync(folder, { recursive: true, force: true })
})
