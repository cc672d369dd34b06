import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { digestFile, listTree } from './copy-tree.ts'
import { beginSettledCopy } from './settled-copy.ts'

let root: string
let from: string
let to: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'foyer-settled-'))
  from = join(root, 'from')
  to = join(root, 'to')
  mkdirSync(from)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const LONG_AGO = new Date('2026-01-01T00:00:00Z')

function put(path: string, text: string, at?: Date): void {
  mkdirSync(dirname(join(from, path)), { recursive: true })
  writeFileSync(join(from, path), text)
  if (at) utimesSync(join(from, path), at, at)
}

async function contentOf(folder: string): Promise<Record<string, string>> {
  const entries = await listTree(folder)
  return Object.fromEntries(
    entries.map(({ path, kind }) => [
      path,
      kind === 'file' ? readFileSync(join(folder, path), 'utf8') : kind,
    ]),
  )
}

const name = fc.constantFrom('a', 'b', 'folder/a', 'folder/b', 'folder/deeper/a')
const change = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), path: name, text: fc.constantFrom('', 'x', 'yy', 'zz') }),
  fc.record({ kind: fc.constant('remove' as const), path: fc.oneof(name, fc.constant('folder')) }),
  fc.record({ kind: fc.constant('folder' as const), path: fc.constantFrom('empty', 'folder/empty') }),
)

it('whatever changes between the passes, the copy is what stands at the second, and says so', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change), fc.array(change), async (before, between) => {
      for (const folder of [from, to]) rmSync(folder, { recursive: true, force: true })
      mkdirSync(from)
      const make = (changes: typeof before, at?: Date) => {
        for (const each of changes) {
          if (each.kind === 'put') put(each.path, each.text, at)
          else if (each.kind === 'remove') rmSync(join(from, each.path), { recursive: true, force: true })
          else mkdirSync(join(from, each.path), { recursive: true })
        }
      }
      make(before, LONG_AGO)
      const copy = await beginSettledCopy({ from, to })
      make(between)
      const entries = await copy.settle()
      expect(await contentOf(to)).toEqual(await contentOf(from))
      expect(entries.map(({ path }) => path).sort()).toEqual(Object.keys(await contentOf(from)).sort())
      for (const entry of entries) {
        if ('sha256' in entry)
          expect(await digestFile(join(to, entry.path))).toMatchObject({ sha256: entry.sha256 })
      }
    }),
    { numRuns: 60 },
  )
})

it('a file that changes within the tick of the first pass is copied again, though size and time are equal', async () => {
  put('page', 'before')
  const copy = await beginSettledCopy({ from, to })
  const now = new Date()
  put('page', 'after_', now)
  await copy.settle()
  expect(await contentOf(to)).toEqual({ page: 'after_' })
})

it('leaves alone what did not change: the second pass is as short as the changes are few', async () => {
  put('large', 'x', LONG_AGO)
  put('small', 'x', LONG_AGO)
  const copy = await beginSettledCopy({ from, to })
  writeFileSync(join(to, 'large'), 'the first copy')
  put('small', 'y')
  await copy.settle()
  expect(await contentOf(to)).toEqual({ large: 'the first copy', small: 'y' })
})
