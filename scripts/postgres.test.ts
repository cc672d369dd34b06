import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { programFolders, runOnPostgres, startPostgres, type OwnPostgres } from './postgres.ts'

/** A machine of Debian's with its PostgreSQL, as under CI. */
const isInstalled = programFolders().some((folder) => existsSync(join(folder, 'initdb')))

describe('a run of tests', () => {
  const URL_NAMED = 'postgres://named'
  const URL_OWN = 'postgres://own'
  const stop = vi.fn(async () => {})
  const start = vi.fn(async (): Promise<OwnPostgres> => ({ kind: 'started', url: URL_OWN, stop }))
  const missing = async (): Promise<OwnPostgres> => ({ kind: 'missing', reason: 'It is not installed' })
  let said: string
  const say = (text: string) => void (said += text)
  beforeEach(() => {
    said = ''
    stop.mockClear()
    start.mockClear()
    vi.stubEnv('TEST_POSTGRES_URL', undefined)
  })
  afterEach(() => vi.unstubAllEnvs())

  it('starts a server where one is wanted and none is named, and ends it after', async () => {
    const tests = vi.fn(async () => {
      expect(stop).not.toHaveBeenCalled()
      return 0
    })
    expect(await runOnPostgres('always', tests, { start, say })).toBe(0)
    expect(tests).toHaveBeenCalledExactlyOnceWith(URL_OWN)
    expect(stop).toHaveBeenCalledOnce()
    expect(said).toBe('')
  })

  it('ends the server when the tests break off', async () => {
    const broken = runOnPostgres('always', () => Promise.reject(new Error('no vitest')), { start, say })
    await expect(broken).rejects.toThrow('no vitest')
    expect(stop).toHaveBeenCalledOnce()
  })

  it('takes the server that is named, and starts none', async () => {
    vi.stubEnv('TEST_POSTGRES_URL', URL_NAMED)
    for (const wanted of ['always', 'if named'] as const)
      expect(await runOnPostgres(wanted, async (url) => (url === URL_NAMED ? 0 : 2), { start, say })).toBe(0)
    expect(start).not.toHaveBeenCalled()
  })

  it('fails without the server that is wanted, though its tests pass, and says what was not tried', async () => {
    expect(await runOnPostgres('always', async () => 0, { start: missing, say })).toBe(1)
    expect(said).toMatch(/^NOT TRIED: RECORDS on PostgreSQL. It is not installed\..*--without-postgres/s)
    expect(await runOnPostgres('always', async () => 3, { start: missing, say })).toBe(3)
  })

  it('passes without a server when told to, and says what was not tried', async () => {
    vi.stubEnv('TEST_POSTGRES_URL', URL_NAMED)
    expect(await runOnPostgres('never', async (url) => (url === undefined ? 0 : 2), { start, say })).toBe(0)
    expect(start).not.toHaveBeenCalled()
    expect(said).toMatch(/^Not tried.*RECORDS on PostgreSQL/)
  })

  it('needs no server where none is wanted', async () => {
    expect(await runOnPostgres('if named', async (url) => (url === undefined ? 0 : 2), { start, say })).toBe(
      0,
    )
    expect(start).not.toHaveBeenCalled()
  })
})

describe('a PostgreSQL of its own', () => {
  it.runIf(isInstalled)('answers, and is gone with all that it wrote when it is stopped', async () => {
    const own = await startPostgres()
    if (own.kind === 'missing') expect.fail(own.reason)
    const client = new Client(own.url)
    await client.connect()
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory')
    await client.end()
    const folder = rows[0]!.data_directory
    expect(existsSync(folder)).toBe(true)
    await own.stop()
    expect(existsSync(folder)).toBe(false)
    await expect(new Client(own.url).connect()).rejects.toThrow('ECONNREFUSED')
  })

  it('is missing where its programs are', async () => {
    expect(await startPostgres(['/nowhere', ''])).toEqual({
      kind: 'missing',
      reason: 'PostgreSQL is not installed',
    })
  })

  it('is missing where its programs fail, and says why', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foyer-no-postgres-'))
    writeFileSync(join(folder, 'initdb'), 'not a program')
    expect(await startPostgres([folder])).toMatchObject({
      kind: 'missing',
      reason: expect.stringContaining('did not start'),
    })
    rmSync(folder, { recursive: true })
  })
})
