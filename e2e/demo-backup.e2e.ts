import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readManifest } from '../packages/server/src/cli/backup/manifest.ts'
import { runCommand, startInstance, type TestInstance } from './instance.ts'
import { demoOperator } from './operator.ts'

/** A backup of the demo opens nothing without its keys, its operator's account neither; restored with them it is the demo. */

const ENVIRONMENT = { FOYER_DEMO_VIEWERS: '40', FOYER_DEMO_DAYS: '2', FOYER_DEMO_RATE: '0' }
/** What the demo's people are called: Alba Soler, demo-17@viewers.example. */
const PERSONAL = ['@viewers.example', '@operators.example', ' Soler', ' Rivas', ' Campos', ' Molina']

let root: string
let first: { email: string; password: string }
const at = (name: string): string => join(root, name)
const command = (args: readonly string[], data = 'data') => runCommand(args, { dataFolder: at(data) })
const start = (data: string): Promise<TestInstance> =>
  startInstance({ args: ['demo'], dataFolder: at(data), environment: ENVIRONMENT })

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'foyer-demo-backup-'))
  const instance = await start('data')
  first = await demoOperator(instance)
  await instance.stop()
  expect((await command(['backup', at('backup')])).code).toBe(0)
  expect((await command(['backup', '--keys', at('keys')])).code).toBe(0)
})
afterAll(() => rm(root, { recursive: true, force: true }))

it('holds neither the password nor a name or an address of anybody, in whichever file', () => {
  const found = filesOf('backup').flatMap(({ path, content }) =>
    [first.password, ...PERSONAL].filter((text) => content.includes(text)).map((text) => [path, text]),
  )
  expect(found).toEqual([])
})

it('is made of the four stores and of what the demo says of itself', () => {
  const parts = new Set(filesOf('backup').map(({ path }) => path.split('/')[0]))
  expect([...parts].sort()).toEqual([
    'demo-truth.json',
    'demo.json',
    'events',
    'journal',
    'recorder',
    'records',
  ])
})

it('is the demo again when it was restored with its keys, with the same way in', async () => {
  expect((await command(['restore', at('backup'), '--keys', at('keys')], 'restored')).code).toBe(0)
  const instance = await start('restored')
  try {
    const { email, password } = await demoOperator(instance)
    expect({ email, password }).toEqual({ email: first.email, password: first.password })
    expect(instance.output()).not.toContain('Days of history')
  } finally {
    await instance.stop()
  }
})

function filesOf(backup: string): { path: string; content: Buffer }[] {
  return readManifest(at(backup)).entries.flatMap((entry) =>
    'bytes' in entry ? [{ path: entry.path, content: readFileSync(join(at(backup), entry.path)) }] : [],
  )
}
