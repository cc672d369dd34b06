import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manifestText, readManifest } from '../packages/server/src/cli/backup/manifest.ts'
import {
  requestsIn,
  sendAgain,
  splitAt,
  startRememberedLoad,
  truthOf,
  untilRecorded,
  type RememberedLoad,
} from './backup-under-load.ts'
import { runCommand, startInstance, type TestInstance } from './instance.ts'
import { LOAD_ENVIRONMENT } from './kill-load.ts'
import { firstOperator, testApp } from './operator.ts'
import { placesOf, storedIn } from './survives-kills.ts'

/** A backup that is taken under load, and what it is after it was restored elsewhere. */

const MAIN = fileURLToPath(new URL('../packages/server/src/main.ts', import.meta.url))

let root: string
let original: TestInstance
let load: RememberedLoad
let serverKey: string
const at = (name: string): string => join(root, name)
const command = (args: readonly string[], dataFolder = at('data')) => runCommand(args, { dataFolder })

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'foyer-backup-'))
  original = await startInstance({ dataFolder: at('data'), environment: LOAD_ENVIRONMENT })
  ;({ serverKey } = await testApp(await firstOperator(original)))
  load = startRememberedLoad(original.url, serverKey)
  await load.untilMore(300)
})

afterAll(async () => {
  await original.stop()
  await rm(root, { recursive: true, force: true })
})

describe('a backup under load', { timeout: 300_000 }, () => {
  it('is taken while events are accepted, and says that it holds no keys', async () => {
    const taken = await command(['backup', at('backup')])
    expect(taken.output).toContain('events were accepted all the time')
    expect(taken.output).toContain('It holds no keys, on purpose')
    expect(taken.code).toBe(0)
    await load.untilMore(300)
    await load.stop()
    const keys = await command(['backup', '--keys', at('keys')])
    expect(keys.output).toContain('Keep it apart from the backups')
    expect(keys.code).toBe(0)

    const moment = Date.parse(readManifest(at('backup')).at)
    const { before, after } = splitAt(load.requests, moment)
    expect(before.length).toBeGreaterThan(50)
    expect(after.length).toBeGreaterThan(50)
    expect(existsSync(join(at('backup'), 'keys'))).toBe(false)
    expect(readdirSync(join(at('data'), 'events', 'shadow'))).toEqual(['increment.txt'])
    expect(statSync(at('keys')).mode & 0o777).toBe(0o700)
    for (const file of readdirSync(at('keys')))
      expect(statSync(join(at('keys'), file)).mode & 0o777).toBe(0o600)
  })

  it('restored, it holds every event acknowledged before it and none after, in all rollups', async () => {
    const restored = await command(['restore', at('backup'), '--keys', at('keys')], at('restored'))
    expect(restored.output).toContain(`Restored ${at('restored')}`)
    expect(restored.code).toBe(0)

    const instance = await startInstance({ dataFolder: at('restored'), environment: LOAD_ENVIRONMENT })
    try {
      expect(instance.output()).not.toContain('"level":50')
      await untilRecorded(instance)
      const { before, after } = splitAt(load.requests, Date.parse(readManifest(at('backup')).at))
      const present = await requestsIn(at('restored'), load.requests)
      expect(before.filter((request) => !present.includes(request))).toEqual([])
      expect(present.filter((request) => after.includes(request))).toEqual([])
      expect(await storedIn({ dataFolder: at('restored') })).toEqual(placesOf(truthOf(present)))

      // Clients that are not sure send all of it again: what is missing comes in, and nothing counts twice.
      await sendAgain(instance.url, serverKey, load.requests)
      await untilRecorded(instance)
      expect(await storedIn({ dataFolder: at('restored') })).toEqual(placesOf(load.acked))

      const fresh = startRememberedLoad(instance.url, serverKey)
      await fresh.untilMore(100)
      await fresh.stop()
      await untilRecorded(instance)
      const both = sumOf(load.acked, fresh.acked)
      expect(await storedIn({ dataFolder: at('restored') })).toEqual(placesOf(both))
    } finally {
      await instance.stop()
    }
  })

  it('the instance that it was taken of has lost nothing', async () => {
    await untilRecorded(original)
    expect(await storedIn(original)).toEqual(placesOf(load.acked))
  })

  it('verifies', async () => {
    const verified = await command(['backup', 'verify', at('backup')])
    expect(verified.output).toContain('is whole')
    expect(verified.code).toBe(0)
  })
})

describe('a backup that is interrupted', { timeout: 120_000 }, () => {
  /** Takes a backup and ends it by a signal in the middle of copying. */
  async function interrupt(name: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = spawn(process.execPath, [MAIN, 'backup', at(name)], {
      env: { ...process.env, FOYER_DATA: at('data'), FOYER_ENVIRONMENT: 'test', FOYER_LOG_LEVEL: 'warn' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const closed = once(child, 'close')
    let text = ''
    for await (const chunk of child.stderr) {
      text += String(chunk)
      if (/^Records +█/m.test(text)) break
    }
    child.kill(signal)
    await closed
  }
  const left = (name: string) => readdirSync(root).filter((each) => each.startsWith(name))

  it('leaves nothing when it is asked to end', async () => {
    await interrupt('ended', 'SIGTERM')
    expect(left('ended')).toEqual([])
  })

  it('leaves nothing that could be taken for one when it is killed, and the next one is whole', async () => {
    await interrupt('torn', 'SIGKILL')
    const [torn] = left('torn')
    expect(torn).toMatch(/^torn\.partial-[0-9a-f]{8}$/)
    const { code, output } = await command(['restore', at(torn!), '--keys', at('keys')], at('never'))
    expect(output).toContain('is no finished backup')
    expect(code).toBe(78)
    expect((await command(['backup', at('torn')])).code).toBe(0)
    expect((await command(['backup', 'verify', at('torn')])).code).toBe(0)
  })
})

describe('refusals', { timeout: 120_000 }, () => {
  /** Nothing that looks like a data folder, and nothing half, may be left. */
  async function refused(args: readonly string[], says: string, dataFolder = at('never')): Promise<void> {
    const names = readdirSync(root)
    const { code, output } = await command(args, dataFolder)
    expect(output).toContain(says)
    expect(output).not.toMatch(/^ {4}at /m)
    expect(code).toBe(78)
    expect(readdirSync(root)).toEqual(names)
  }
  const restore = (backup: string, keys = at('keys')) => ['restore', at(backup), '--keys', keys]

  it('overwrites no backup and no data, of a running instance or not', async () => {
    await refused(['backup', at('backup')], 'exists. Name a new folder', at('data'))
    await refused(['backup', join(at('data'), 'b')], 'lies in the data folder', at('data'))
    await refused(['backup', at('no/where')], 'There is no folder', at('data'))
    await refused(['backup', at('new')], 'is no data folder of Foyer')
    await refused(restore('backup'), 'is not empty', at('data'))
    await refused(restore('backup'), 'is not empty', at('restored'))
  })

  it('puts no keys beside a backup', async () => {
    await refused(['backup', at('new'), '--keys', join(at('new'), 'keys')], 'must not lie with', at('data'))
    await refused(['restore', at('backup')], 'name the copy of the key folder')
  })

  it('restores no damaged and no unfinished backup', async () => {
    await cp(at('backup'), at('damaged'), { recursive: true, verbatimSymlinks: true })
    const { entries } = readManifest(at('damaged'))
    const largest = entries
      .flatMap((entry) => ('bytes' in entry ? [entry] : []))
      .reduce((one, other) => (one.bytes > other.bytes ? one : other))
    const file = join(at('damaged'), largest.path)
    const bytes = readFileSync(file)
    bytes[bytes.length >> 1]! ^= 1
    writeFileSync(file, bytes)
    await refused(restore('damaged'), `${largest.path} is missing or is not what was written`)
    await refused(['backup', 'verify', at('damaged')], 'is damaged')
    await rm(file)
    await refused(restore('damaged'), 'is damaged')
    await rm(join(at('damaged'), 'manifest.json'))
    await refused(restore('damaged'), 'is no finished backup')
  })

  it('restores nothing of a newer program', async () => {
    const manifest = readManifest(at('backup'))
    const events = [...manifest.migrations.events, { name: '9999_later', checksum: 'x' }]
    await cp(at('backup'), at('newer'), { recursive: true, verbatimSymlinks: true })
    const newer = { ...manifest, migrations: { ...manifest.migrations, events } }
    writeFileSync(join(at('newer'), 'manifest.json'), manifestText(newer))
    await refused(restore('newer'), 'written by a newer Foyer')
  })

  it('restores nothing under the keys of another installation', async () => {
    const other = await startInstance({ dataFolder: at('other'), environment: LOAD_ENVIRONMENT })
    await other.stop()
    await refused(restore('backup', join(at('other'), 'keys')), 'are not those of this backup')
    // The same pepper and pseudonyms, but an epoch's key that opens nothing: the vault itself refuses.
    await cp(at('keys'), at('mixed'), { recursive: true })
    for (const file of readdirSync(at('mixed')))
      if (file.startsWith('epoch-')) await rm(join(at('mixed'), file))
    await refused(restore('backup', at('mixed')), 'do not open')
  })
})

function sumOf<T extends Readonly<Record<keyof T, number>>>(one: T, other: T): T {
  const names = Object.keys(one) as (keyof T)[]
  return Object.fromEntries(names.map((name) => [name, one[name] + other[name]])) as unknown as T
}
