import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { fileCheckpoint } from './file-checkpoint.ts'

let root: string
let folder: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'foyer-checkpoint-'))
  folder = join(root, 'imports')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

it('is none at first, then the last that was saved, then none', async () => {
  const checkpoint = fileCheckpoint(folder, 'old-system')
  expect(await checkpoint.load()).toBeNull()
  await checkpoint.save({ key: 'a', events: 1_000 })
  await checkpoint.save({ key: 'a', events: 2_000 })
  expect(await fileCheckpoint(folder, 'old-system').load()).toEqual({ key: 'a', events: 2_000 })
  expect(await fileCheckpoint(folder, 'another').load()).toBeNull()
  expect(readdirSync(folder)).toEqual(['old-system.json'])
  await checkpoint.clear()
  expect(await checkpoint.load()).toBeNull()
  await checkpoint.clear()
})

it.each(['', '{"key":"a","eve', '\0\0\0\0', 'null', '[]', '{"key":"a"}', '{"key":"a","events":-1}'])(
  'that was torn counts as none, and the next one is taken: %j',
  async (text) => {
    mkdirSync(folder)
    writeFileSync(join(folder, 'old-system.json'), text)
    writeFileSync(join(folder, 'old-system.json.new'), text)
    const checkpoint = fileCheckpoint(folder, 'old-system')
    expect(await checkpoint.load()).toBeNull()
    await checkpoint.save({ key: 'b', events: 7 })
    expect(await checkpoint.load()).toEqual({ key: 'b', events: 7 })
  },
)

it('that may not be read is told, rather than begun again', async () => {
  mkdirSync(join(folder, 'old-system.json'), { recursive: true })
  await expect(fileCheckpoint(folder, 'old-system').load()).rejects.toThrow(/EISDIR/)
})
