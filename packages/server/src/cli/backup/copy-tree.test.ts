import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listTree, treeBytes } from './copy-tree.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'foyer-tree-'))
  for (const folder of ['a', 'b', 'c']) {
    mkdirSync(join(root, folder))
    writeFileSync(join(root, folder, 'file'), 'x'.repeat(100))
  }
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** What a store does that merges: `b` goes after it was seen and before it is read. */
function goesAway(path: string): boolean {
  if (path === 'b') rmSync(join(root, 'b'), { recursive: true })
  return true
}

test('a folder that goes away while the space is reckoned counts nothing', async () => {
  expect(await treeBytes(root, goesAway)).toBe(200)
})

test('a folder that goes away while it is copied is an error', async () => {
  await expect(listTree(root, goesAway)).rejects.toThrow('ENOENT')
})

test('a tree that is not there is an error, and not nothing', async () => {
  await expect(treeBytes(join(root, 'none'))).rejects.toThrow('ENOENT')
})
