import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StartupError } from '../platform/errors.ts'
import { createVault, openFileKeyRing } from '../platform/vault/index.ts'
import { demoLogin, readDemoState, writeDemoState } from './demo-state.ts'

const SETTINGS = { seed: 7, viewers: 10, days: 2, rate: 0 }
const clock = { now: () => 1_795_000_000_000, after: () => () => undefined }

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'foyer-demo-state-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const place = () => ({ foundations: { folder: { root }, clock } as never })
const vaultOf = (keys: string) => createVault({ ring: openFileKeyRing(join(root, keys), { clock }), clock })

describe("the demo's state", () => {
  it('is read as it was written, whatever the settings say by then', () => {
    const begun = readDemoState(place(), SETTINGS)
    writeDemoState(place(), begun)
    expect(readDemoState(place(), { ...SETTINGS, viewers: 99 })).toEqual(begun)
  })

  it('holds nothing by which anybody signs in: it lies in backups in the clear', () => {
    writeDemoState(place(), readDemoState(place(), SETTINGS))
    const { email, password } = demoLogin(vaultOf('keys'))
    const text = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => readFileSync(join(root, name), 'utf8'))
      .join('\n')
    expect(text).toContain('"viewers":10')
    expect(text).not.toContain(email)
    expect(text).not.toContain(password)
  })

  it.each([
    ['without its size', { seed: 7 }],
    ['with a password', { ...SETTINGS, until: 1, isFilled: true, email: 'a@b.example', password: 'clear' }],
  ])('of an earlier version, %s, is refused with what to do', (_, stored) => {
    writeFileSync(join(root, 'demo.json'), JSON.stringify(stored))
    expect(() => readDemoState(place(), SETTINGS)).toThrow(StartupError)
    expect(() => readDemoState(place(), SETTINGS)).toThrow(/Delete that folder/)
  })
})

describe("the demo operator's login", () => {
  it('is the same at every start with these keys, and another one with others', () => {
    const { password } = demoLogin(vaultOf('keys'))
    expect(demoLogin(vaultOf('keys')).password).toBe(password)
    expect(demoLogin(vaultOf('others')).password).not.toBe(password)
    expect(password).toMatch(/^demo_[\w-]{27}$/)
  })
})
