import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../../platform/clock.ts'
import { Problem, StartupError } from '../../platform/errors.ts'
import { openFileKeyRing } from '../../platform/vault/index.ts'
import { openLmdbJournal } from '../../storage/index.ts'
import { readConfiguration } from '../configuration.ts'
import { examine } from './finding.ts'
import { checkFolder, checkKeyFolder, checkLeftovers, checkSetAside } from './folder.ts'
import { checkBacklog, checkPort } from './service.ts'

let base: string
let root: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'foyer-doctor-'))
  root = join(base, 'data')
  mkdirSync(root, { mode: 0o700 })
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

const PARTS = ['records', 'events', 'journal', 'recorder', 'keys']
function makeParts(...without: string[]): void {
  for (const part of PARTS) if (!without.includes(part)) mkdirSync(join(root, part), { mode: 0o700 })
}

describe('the folder', () => {
  const states = () => checkFolder(root).map(({ check, state }) => [check, state])

  it('is well when it is complete or empty', () => {
    expect(states()).toEqual([['Folder', 'ok']])
    makeParts()
    expect(states()).toEqual([['Folder', 'ok']])
  })
  it('that is not there may be the first', () => {
    rmSync(root, { recursive: true })
    expect(states()).toEqual([['Folder', 'warning']])
  })
  it('is no file', () => {
    rmSync(root, { recursive: true })
    writeFileSync(root, '')
    expect(states()).toEqual([['Folder', 'failed']])
  })
  it('without keys, records or events is broken; without a journal its first start may have been interrupted', () => {
    makeParts('keys')
    const [finding] = checkFolder(root)
    expect(finding).toMatchObject({ state: 'failed', says: expect.stringContaining('lacks keys') })
    expect(finding!.todo).toContain('the keys that belongs to these records')
    mkdirSync(join(root, 'keys'))
    rmSync(join(root, 'events'), { recursive: true })
    expect(states()).toEqual([['Folder', 'failed']])
    mkdirSync(join(root, 'events'))
    rmSync(join(root, 'recorder'), { recursive: true })
    expect(states()).toEqual([['Folder', 'warning']])
  })
  it('is closed to others', () => {
    chmodSync(root, 0o755)
    expect(states()).toEqual([
      ['Permissions', 'warning'],
      ['Folder', 'ok'],
    ])
  })
  it('belongs to who runs this', () => {
    expect(checkFolder(root, 4_242)[0]).toMatchObject({ check: 'Owner', state: 'warning' })
  })
  it.skipIf(process.getuid?.() === 0)('can be written', () => {
    chmodSync(root, 0o500)
    expect(states()).toEqual([['Folder', 'failed']])
    chmodSync(root, 0o700)
  })
  it('tells what an interrupted restore has left beside it', () => {
    mkdirSync(`${root}.partial-0011aabb`)
    mkdirSync(`${root}.partial-notes`)
    expect(checkLeftovers(root)).toMatchObject([{ state: 'warning' }])
  })
  it('tells what was set aside', () => {
    expect(checkSetAside(root).state).toBe('ok')
    mkdirSync(join(root, 'set-aside'))
    writeFileSync(join(root, 'set-aside', 'row-1'), '{}')
    expect(checkSetAside(root)).toMatchObject({
      state: 'warning',
      says: expect.stringContaining('1 requests'),
    })
  })
})

describe('the keys', () => {
  const keys = () => join(root, 'keys')
  const make = () => openFileKeyRing(keys(), { clock: manualClock(Date.UTC(2026, 10, 24)) })

  it('are well when they are complete and closed, or before a first start', () => {
    expect(checkKeyFolder(root).state).toBe('ok')
    make()
    expect(checkKeyFolder(root)).toMatchObject({ state: 'ok', says: '2 key files, closed to others.' })
  })
  it('may be read by nobody else', () => {
    make()
    chmodSync(join(keys(), 'pepper-1.json'), 0o644)
    expect(checkKeyFolder(root)).toMatchObject({
      state: 'failed',
      says: expect.stringContaining('pepper-1.json'),
    })
  })
  it('lack nothing', () => {
    make()
    rmSync(join(keys(), 'pseudonyms.json'))
    expect(checkKeyFolder(root)).toMatchObject({ state: 'failed', says: expect.stringContaining('lacks') })
  })
  it('are readable', () => {
    make()
    writeFileSync(join(keys(), 'pepper-1.json'), 'no JSON', { mode: 0o600 })
    expect(checkKeyFolder(root)).toMatchObject({ state: 'failed', says: expect.stringContaining('damaged') })
  })
})

describe('the port', () => {
  let server: Server
  let answer: { status: number; body: string }
  beforeEach(async () => {
    answer = { status: 200, body: JSON.stringify({ status: 'ready', checks: { records: 'ok' } }) }
    server = createServer((_request, response) => response.writeHead(answer.status).end(answer.body))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(() => server.close())

  const check = (isRunning: boolean, port = (server.address() as AddressInfo).port) =>
    checkPort(readConfiguration({ FOYER_PORT: String(port) }), isRunning)

  it('is free before a start, or chosen then', async () => {
    expect((await check(false)).state).toBe('failed')
    expect((await check(false, 0)).state).toBe('ok')
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    expect((await check(false, port)).state).toBe('ok')
  })
  it('of a running instance answers that it is ready', async () => {
    expect((await check(true)).state).toBe('ok')
  })
  it('tells which store does not answer', async () => {
    answer = { status: 503, body: JSON.stringify({ status: 'waiting', checks: { records: 'failed' } }) }
    expect(await check(true)).toMatchObject({
      state: 'failed',
      says: expect.stringContaining('records do not answer'),
    })
  })
  it.each(['<html>', '{}', ''])('that answers %j is not that of the instance', async (body) => {
    answer = { status: 200, body }
    expect((await check(true)).state).toBe('warning')
  })
})

describe('the journal', () => {
  const limits = { bytesMax: 1_000_000, entriesMax: 100 }
  const check = () => checkBacklog({ journal: limits }, { journal: join(root, 'journal') })

  it.each([
    [0, 'ok'],
    [24, 'ok'],
    [25, 'warning'],
    [90, 'failed'],
  ])('with %d of 100 requests waiting: %s', async (count, state) => {
    const journal = openLmdbJournal(join(root, 'journal'), limits)
    await Promise.all(Array.from({ length: count }, () => journal.append(Buffer.from('entry'))))
    await journal.close()
    expect((await check()).state).toBe(state)
  })
  it('that is not there is not made', async () => {
    expect((await check()).says).toBe('There is none yet.')
  })
  it('that is something else is a finding', async () => {
    mkdirSync(join(root, 'journal'))
    writeFileSync(join(root, 'journal', 'data.mdb'), 'something else entirely, long enough to be a page')
    expect(await examine('Journal', check)).toMatchObject([
      { state: 'failed', says: expect.stringContaining('is not an LMDB file') },
    ])
  })
})

describe('a check that breaks', () => {
  it.each([
    [new StartupError('first\nsecond'), 'first'],
    [new Problem('store.unavailable', undefined, { cause: new Error('connect ENOENT') }), 'connect ENOENT'],
    ['words', 'words'],
  ])('is a finding: %s', async (error, says) => {
    const findings = await examine('Thing', () => {
      throw error
    })
    expect(findings).toMatchObject([{ check: 'Thing', state: 'failed', says }])
  })
})
