import type { PassThrough, Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { manualClock, type ManualClock } from '../../platform/clock.ts'
import { Problem } from '../../platform/errors.ts'
import { createLogger } from '../../platform/log.ts'
import { createChanges, type Changes } from './changes.ts'

const log = createLogger({ role: 'test', level: 'silent' })

/** Changes over a version that the test sets, with a count of the looks. */
function watched(): { changes: Changes; clock: ManualClock; state: { version: string; looks: number } } {
  const clock = manualClock(0)
  const state = { version: '1', looks: 0 }
  const changes = createChanges({
    clock,
    log,
    versionOf: async () => {
      state.looks++
      if (state.version === 'down') throw new Error('the store restarts')
      return state.version
    },
  })
  return { changes, clock, state }
}

/** Lets what was asked be answered, then the clock strike. */
async function strike(clock: ManualClock, ms = 100): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(ms)
  await new Promise((resolve) => setImmediate(resolve))
}

const isEnded = (stream: Readable) => (stream as PassThrough).writableEnded
const told = (stream: { read(): unknown }) => String(stream.read() ?? '')

test('all who watch are told, by one look', async () => {
  const { changes, clock, state } = watched()
  const pages = [changes.subscribe('cine'), changes.subscribe('cine')]
  await strike(clock)
  for (const page of pages) expect(told(page)).toBe('retry: 1000\n\n')
  state.version = '2'
  const before = state.looks
  await strike(clock)
  expect(state.looks - before).toBe(1)
  for (const page of pages) expect(told(page)).toBe('event: changed\ndata:\n\n')
  await strike(clock)
  for (const page of pages) expect(told(page)).toBe('')
})

test('who leaves before the first look has ended harms nobody, and then nothing is looked at any more', async () => {
  const { changes, clock, state } = watched()
  const page = changes.subscribe('cine')
  page.destroy()
  await strike(clock)
  const after = state.looks
  await strike(clock, 60_000)
  expect(state.looks).toBe(after)
})

test('a stream ends at the heartbeat after its watcher may watch no more, and others go on', async () => {
  const { changes, clock, state } = watched()
  let may: () => Promise<void> = async () => undefined
  const page = changes.subscribe('cine', () => may())
  const other = changes.subscribe('cine')
  await strike(clock, 15_000)
  expect(isEnded(page)).toBe(false)
  // Who cannot be asked now is not sent away.
  may = () => Promise.reject(new Problem('store.unavailable'))
  await strike(clock, 15_000)
  expect(isEnded(page)).toBe(false)
  may = () => Promise.reject(new Problem('operator.sign_in_required'))
  await strike(clock, 15_000)
  expect(isEnded(page)).toBe(true)
  told(page)
  told(other)
  state.version = '2'
  await strike(clock)
  await strike(clock)
  expect(told(other)).toBe('event: changed\ndata:\n\n')
  expect(told(page)).toBe('')
})

test('a change while the store was away is told when it is back', async () => {
  const { changes, clock, state } = watched()
  const page = changes.subscribe('cine')
  await strike(clock)
  told(page)
  state.version = 'down'
  await strike(clock)
  expect(told(page)).toBe('')
  state.version = '2'
  await strike(clock)
  expect(told(page)).toBe('event: changed\ndata:\n\n')
})

test('a heartbeat keeps a quiet connection', async () => {
  const { changes, clock } = watched()
  const page = changes.subscribe('cine')
  await strike(clock)
  told(page)
  await strike(clock, 15_000)
  expect(told(page)).toContain(': \n\n')
})

test('a page that takes nothing any more is let go', async () => {
  const { changes, clock, state } = watched()
  const page = changes.subscribe('cine')
  // Nobody reads: 16 KB of notices wait, then the stream is ended.
  for (let turn = 0; turn < 4_000 && !page.destroyed; turn++) {
    state.version = String(turn)
    await strike(clock)
  }
  expect(page.destroyed).toBe(true)
})

test('a server that stops ends all streams', async () => {
  const { changes } = watched()
  const page = changes.subscribe('cine')
  page.resume()
  const ended = new Promise((resolve) => page.once('end', resolve))
  changes.stop()
  await ended
})
