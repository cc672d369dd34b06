import { cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { eventRow, ndjson } from '../../../test/event-rows.ts'
import { openTestEvents, type TestEmbeddedEvents } from '../../../test/events.ts'
import { startEventsProcess } from '../../../test/events-process.ts'
import { openEvents } from './clickhouse.ts'
import type { Events } from './events.ts'
import { forgetFrozen, freezeEvents, isBesideParts } from './freeze-events.ts'

let store: TestEmbeddedEvents
let root: string
beforeAll(async () => {
  store = await openTestEvents()
  root = mkdtempSync(join(tmpdir(), 'foyer-freeze-'))
})
afterAll(async () => {
  await store.close()
  rmSync(root, { recursive: true, force: true })
})

let nextToken = 0
const insertInto = (events: Events, token = `t${nextToken++}`) =>
  events.insert('events', { ndjson: ndjson([eventRow({}), eventRow({})]), token })

/** Rows, and how many tokens of inserts are known: a repeated token adds nothing. */
async function rowsOf(events: Events): Promise<number> {
  const [row] = await events.query('SELECT toFloat64(count()) AS rows FROM events', {
    row: z.object({ rows: z.number() }),
  })
  return row!.rows
}

function copyBeside(to: string): void {
  rmSync(to, { recursive: true, force: true })
  cpSync(store.folder, to, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (from) => {
      const path = from.slice(store.folder.length + 1)
      return path === '' || isBesideParts(path, lstatSync(from).isDirectory())
    },
  })
}

test('frozen parts and what lies beside them are the events of that moment, with the tokens that they know', async () => {
  await insertInto(store.events, 'known')
  await insertInto(store.events)
  const to = join(root, 'copy')
  const frozen = await freezeEvents(store.events, store.folder, 'a', async () => copyBeside(to))
  await insertInto(store.events, 'later')
  cpSync(frozen.partsFolder, to, { recursive: true })
  await frozen.release()
  expect(existsSync(frozen.partsFolder)).toBe(false)

  const socketPath = join(root, 'copy.sock')
  const process = await startEventsProcess({ folder: to, socketPath, settings: {}, environment: {} })
  const events = openEvents({ socketPath })
  try {
    expect(await rowsOf(events)).toBe(4)
    await insertInto(events, 'known')
    expect(await rowsOf(events)).toBe(4)
    await insertInto(events, 'later')
    expect(await rowsOf(events)).toBe(6)
  } finally {
    await events.close()
    await process.kill()
  }
})

test('begins again when rows come in meanwhile', async () => {
  const counts: number[] = []
  const frozen = await freezeEvents(store.events, store.folder, 'b', async () => {
    counts.push(await rowsOf(store.events))
    if (counts.length === 1) await insertInto(store.events)
  })
  await frozen.release()
  expect(counts).toHaveLength(2)
  expect(counts[1]).toBe(counts[0]! + 2)
})

test('gives up when rows come in all the time, and leaves nothing', async () => {
  const freezing = freezeEvents(store.events, store.folder, 'c', () => insertInto(store.events))
  await expect(freezing).rejects.toThrow('did not stand still')
  expect(readdirSync(join(store.folder, 'shadow'))).toEqual(['increment.txt'])
})

test('leaves nothing when what is done meanwhile fails', async () => {
  const failing = freezeEvents(store.events, store.folder, 'd', async () => {
    throw new Error('the disk is full')
  })
  await expect(failing).rejects.toThrow('the disk is full')
  expect(readdirSync(join(store.folder, 'shadow'))).toEqual(['increment.txt'])
})

test('forgets what an earlier one that was killed has left, and nothing else', async () => {
  const shadow = join(store.folder, 'shadow')
  for (const name of ['foyer_backup_1_1', 'mine']) mkdirSync(join(shadow, name), { recursive: true })
  await forgetFrozen(store.folder)
  expect(readdirSync(shadow).sort()).toEqual(['increment.txt', 'mine'])
  await forgetFrozen(join(dirname(store.folder), 'nowhere'))
})
