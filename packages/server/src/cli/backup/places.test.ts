import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manualClock } from '../../platform/clock.ts'
import { Problem } from '../../platform/errors.ts'
import { openFileKeyRing } from '../../platform/vault/index.ts'
import { copyKeys } from './copy-keys.ts'
import { explainFailure, isWithin, newFolder, requireSpace } from './places.ts'

let root: string
const at = (name: string): string => join(root, name)
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'foyer-places-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('a place for a new folder', () => {
  it('is beside an unfinished one on the same disk', () => {
    const place = newFolder(at('backup'), 'it')
    expect(place.path).toBe(at('backup'))
    expect(place.unfinished).toMatch(/\/backup\.partial-[0-9a-f]{8}$/)
  })

  it('is refused where something is, or where there is no folder to hold it', () => {
    mkdirSync(at('there'))
    writeFileSync(at('file'), '')
    expect(() => newFolder(at('there'), 'it')).toThrow('exists. Name a new folder for it')
    expect(() => newFolder(at('no/where'), 'it')).toThrow('There is no folder')
    expect(() => newFolder(at('file/x'), 'it')).toThrow('is not a folder')
  })

  it.skipIf(process.getuid?.() === 0)('is refused where this user may not write', () => {
    mkdirSync(at('closed'), { mode: 0o500 })
    expect(() => newFolder(at('closed/x'), 'it')).toThrow('cannot be written to by this user')
    chmodSync(at('closed'), 0o700)
  })

  it.each([
    ['/data', '/data', true],
    ['/data/backup', '/data', true],
    ['/data/../backup', '/data', false],
    ['/data-2', '/data', false],
    ['/', '/data', false],
    ['/..data/x', '/..data', true],
  ])('%s within %s: %s', (path, folder, expected) => {
    expect(isWithin(path, folder)).toBe(expected)
  })

  it('needs room', async () => {
    await requireSpace(root, 1)
    await expect(requireSpace(root, 1e18)).rejects.toThrow(/MB free and 1,000,000,000,000 MB are needed/)
  })

  it('tells a full disk and a missing right in words, and other errors as they are', () => {
    const coded = (code: string) => Object.assign(new Error(code), { code })
    expect(explainFailure(coded('ENOSPC'), '/backup')).toMatchObject({ name: 'StartupError' })
    expect(explainFailure(coded('EACCES'), '/backup')).toMatchObject({ name: 'StartupError' })
    expect(explainFailure(new Problem('store.unavailable'), '/backup')).toMatchObject({
      name: 'StartupError',
    })
    const other = coded('EIO')
    expect(explainFailure(other, '/backup')).toBe(other)
  })
})

describe('a copy of the keys', () => {
  const clock = manualClock(Date.UTC(2026, 10, 24))

  it('opens what the original opens, to its owner alone, without drafts', async () => {
    const ring = openFileKeyRing(at('keys'), { clock })
    const epoch = ring.currentEpoch()
    writeFileSync(at('keys/pepper-2.json.0011.draft'), 'half')
    expect(await copyKeys(at('keys'), at('copy'))).toEqual({ path: at('copy') })
    expect(readdirSync(at('copy')).sort()).toEqual([
      `epoch-${epoch}.json`,
      'pepper-1.json',
      'pseudonyms.json',
    ])
    expect(statSync(at('copy')).mode & 0o777).toBe(0o700)
    for (const file of readdirSync(at('copy'))) expect(statSync(at(`copy/${file}`)).mode & 0o777).toBe(0o600)
    const copy = openFileKeyRing(at('copy'), { clock })
    expect(copy.epochKey(epoch)).toEqual(ring.epochKey(epoch))
    expect(copy.pseudonymSecret()).toEqual(ring.pseudonymSecret())
  })

  it('is refused of a folder that is damaged, incomplete or not there, and overwrites none', async () => {
    await expect(copyKeys(at('nowhere'), at('new'))).rejects.toThrow('There is no key folder')
    await expect(copyKeys(at('keys'), at('copy'))).rejects.toThrow('exists')
    openFileKeyRing(at('lacking'), { clock })
    rmSync(at('lacking/pseudonyms.json'))
    await expect(copyKeys(at('lacking'), at('new'))).rejects.toThrow('is not complete')
    openFileKeyRing(at('damaged'), { clock })
    writeFileSync(at('damaged/pepper-1.json'), '{')
    await expect(copyKeys(at('damaged'), at('new'))).rejects.toThrow('pepper-1.json is damaged')
    expect(readdirSync(root).filter((name) => name.startsWith('new'))).toEqual([])
  })
})
