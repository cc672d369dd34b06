import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSetAside } from './recorder-set-aside.ts'

let root: string
let folder: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'foyer-aside-'))
  folder = join(root, 'set-aside')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

test('what is put aside lies in a file of its name', () => {
  const aside = openSetAside(folder)
  expect(aside.put('entry-7', Buffer.from('odd'))).toBe(true)
  expect(readFileSync(join(folder, 'entry-7'), 'utf8')).toBe('odd')
})

test('above the limits nothing more is kept, and it says so', () => {
  const byFiles = openSetAside(folder, { files: 2, bytes: 1_000 })
  expect(['a', 'b', 'c'].map((name) => byFiles.put(name, Buffer.from('x')))).toEqual([true, true, false])
  const byBytes = openSetAside(folder, { files: 100, bytes: 10 })
  expect(byBytes.put('large', Buffer.alloc(9))).toBe(false)
  expect(byBytes.put('small', Buffer.alloc(8))).toBe(true)
})

test('what is old is forgotten', () => {
  const aside = openSetAside(folder)
  aside.forgetBefore(Number.MAX_SAFE_INTEGER)
  aside.put('old', Buffer.from('x'))
  aside.put('new', Buffer.from('x'))
  utimesSync(join(folder, 'old'), 1_000, 1_000)
  aside.forgetBefore(2_000_000)
  expect(readdirSync(folder)).toEqual(['new'])
})
