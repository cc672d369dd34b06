import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../clock.ts'
import { StartupError } from '../errors.ts'
import { openFileKeyRing } from './file-key-ring.ts'
import { PEPPER_NOTICE_MS, type Epoch } from './key-ring.ts'

const NOVEMBER = Date.parse('2026-11-22T00:00:00Z')
const DAY_MS = 86_400_000

let parent: string
let folder: string
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'foyer-keys-'))
  folder = join(parent, 'keys')
})
afterEach(() => rmSync(parent, { recursive: true }))

describe('the key ring in a folder', () => {
  it('is closed to other users of the machine', () => {
    openFileKeyRing(folder, { clock: manualClock(NOVEMBER) }).currentEpoch()
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    const files = readdirSync(folder)
    expect(files).toEqual(['epoch-2026-11.json', 'pepper-1.json', 'pseudonyms.json'])
    for (const file of files) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)
  })

  it('does not open a folder that others can read', () => {
    openFileKeyRing(folder, { clock: manualClock(NOVEMBER) })
    chmodSync(folder, 0o750)
    expect(() => openFileKeyRing(folder, { clock: manualClock(NOVEMBER) })).toThrow(StartupError)
  })

  it('names a damaged file and quotes nothing of it', () => {
    openFileKeyRing(folder, { clock: manualClock(NOVEMBER) })
    writeFileSync(join(folder, 'pepper-1.json'), '{"secret":"half-a-secr')
    expect(() => openFileKeyRing(folder, { clock: manualClock(NOVEMBER) })).toThrow(
      /^The key file pepper-1\.json is damaged\. Restore it from your copy\.$/,
    )
  })

  it('gives the same keys to whoever opens it', () => {
    const clock = manualClock(NOVEMBER)
    const [one, other] = [openFileKeyRing(folder, { clock }), openFileKeyRing(folder, { clock })]
    const epoch = one.currentEpoch()
    expect(other.epochKey(epoch)).toEqual(one.epochKey(epoch))
    expect(other.peppers()).toEqual(one.peppers())
    expect(other.pseudonymSecret()).toEqual(one.pseudonymSecret())
  })

  it('makes one key an epoch and one pepper when eight processes start at once', async () => {
    const module = fileURLToPath(new URL('./file-key-ring.ts', import.meta.url))
    const program = `
      const { openFileKeyRing } = await import(${JSON.stringify(module)})
      const ring = openFileKeyRing(${JSON.stringify(folder)}, { clock: { now: () => ${NOVEMBER} } })
      const key = ring.epochKey(ring.currentEpoch())
      console.log(Buffer.concat([key, ring.peppers()[0].secret, ring.pseudonymSecret()]).toString('hex'))`
    const run = promisify(execFile)
    const outputs = await Promise.all(
      Array.from({ length: 8 }, () => run(process.execPath, ['--input-type=module', '-e', program])),
    )
    expect(new Set(outputs.map(({ stdout }) => stdout)).size).toBe(1)
    expect(readdirSync(folder)).toHaveLength(3)
  })

  it('begins an epoch with the month and keeps the old one readable', () => {
    const clock = manualClock(NOVEMBER)
    const ring = openFileKeyRing(folder, { clock })
    const november = ring.currentEpoch()
    clock.advance(9 * DAY_MS)
    const december = ring.currentEpoch()
    expect([november, december]).toEqual(['2026-11', '2026-12'])
    expect(ring.epochKey(november)).not.toEqual(ring.epochKey(december))
    expect(ring.epochs().map(({ epoch }) => epoch)).toEqual([november, december])
  })

  it('does not go back to an earlier epoch when the clock does', () => {
    openFileKeyRing(folder, { clock: manualClock(NOVEMBER) }).currentEpoch()
    const ring = openFileKeyRing(folder, { clock: manualClock(NOVEMBER - 60 * DAY_MS) })
    expect(ring.currentEpoch()).toBe('2026-11')
  })

  it('finds at once an epoch that another process began', () => {
    const clock = manualClock(NOVEMBER)
    const reader = openFileKeyRing(folder, { clock })
    const writer = openFileKeyRing(folder, { clock })
    const epoch = writer.currentEpoch()
    expect(reader.epochKey(epoch)).toEqual(writer.epochKey(epoch))
  })

  it('destroys a key for ever, in other processes within a minute', () => {
    const clock = manualClock(NOVEMBER)
    const [one, other] = [openFileKeyRing(folder, { clock }), openFileKeyRing(folder, { clock })]
    const november = one.currentEpoch()
    expect(other.epochKey(november)).not.toBeNull()
    clock.advance(9 * DAY_MS)
    one.currentEpoch()
    one.retire(november)
    expect(one.epochs()[0]).toEqual({ epoch: november, retiredAt: clock.now() })
    one.destroy(november)
    clock.advance(60_000)
    for (const ring of [one, other]) expect(ring.epochKey(november)).toBeNull()
    expect(openFileKeyRing(folder, { clock }).epochKey(november)).toBeNull()
    expect(readdirSync(folder)).toEqual(['epoch-2026-12.json', 'pepper-1.json', 'pseudonyms.json'])
  })

  it('finishes a destruction that a crash broke off', () => {
    const clock = manualClock(NOVEMBER)
    openFileKeyRing(folder, { clock })
    writeFileSync(join(folder, 'epoch-2026-09.json.doomed'), 'a key that was to go')
    openFileKeyRing(folder, { clock })
    expect(readdirSync(folder)).not.toContain('epoch-2026-09.json.doomed')
  })

  it('does not destroy the current epoch', () => {
    const ring = openFileKeyRing(folder, { clock: manualClock(NOVEMBER) })
    const current = ring.currentEpoch()
    expect(() => ring.destroy(current)).toThrow(/current/)
    expect(ring.epochKey('1999-01' as Epoch)).toBeNull()
  })

  it('reads a new pepper at once and writes with it when every process has had time to see it', () => {
    const clock = manualClock(NOVEMBER)
    const ring = openFileKeyRing(folder, { clock })
    ring.addPepper()
    expect(ring.peppers().map(({ version }) => version)).toEqual([1, 2])
    clock.advance(PEPPER_NOTICE_MS)
    expect(ring.peppers().map(({ version }) => version)).toEqual([2, 1])
    expect(JSON.parse(readFileSync(join(folder, 'pepper-2.json'), 'utf8'))).toMatchObject({ version: 2 })
  })
})
