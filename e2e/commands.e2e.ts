import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCommand } from './instance.ts'

/** What a person mistypes at the terminal is answered by a sentence, not by a stack trace. */

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foyer-commands-'))
  await writeFile(join(folder, 'file.csv'), 'id\n')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it.each([
  [['constructor'], 'There is no command "constructor"'],
  [['__proto__'], 'There is no command "__proto__"'],
  [['import', 'constructor', '.'], 'foyer import movielens <folder>'],
  [['import', 'rows', '.', '--mapping', 'x.json'], '. is a folder. Name a file.'],
  [['import', 'catalogue', '.'], '. is a folder. Name a file.'],
  [['import', 'movielens', 'FILE'], 'is a file. Name the folder of the set.'],
  [['import', 'rows', 'nowhere.csv'], 'There is no nowhere.csv.'],
  [['import', 'rows', 'FILE', 'more.csv'], 'foyer import movielens <folder>'],
  [['import', 'rows', 'FILE', '--dry-run'], 'foyer import rows does not take --dry-run.'],
  [['import', 'catalogue', 'FILE', '--drry-run'], "Unknown option '--drry-run'"],
  [['serve', '--bogus'], 'foyer serve takes no arguments, so none like "--bogus".'],
  [['serve', '4400'], 'foyer serve takes no arguments, so none like "4400".'],
  [['settings', '--json'], 'foyer settings takes no arguments, so none like "--json".'],
  [['demo', '--rates', '5'], "Unknown option '--rates'"],
  [['doctor', 'FILE'], 'foyer doctor --json'],
  [['backup', 'verify'], 'foyer backup verify <folder>'],
  [['backup', 'verify', 'FILE', '--keys', 'keys'], 'foyer backup verify <folder>'],
  [['backup', 'there', '--key', 'keys'], "Unknown option '--key'"],
  [['restore', 'FILE', 'more', '--keys', 'keys'], 'foyer restore <backup> --keys <folder>'],
  [['child', 'api', '--bogus'], 'The supervisor starts children; try: foyer serve'],
])('foyer %j', async (words, said) => {
  const args = words.map((word) => (word === 'FILE' ? join(folder, 'file.csv') : word))
  const { code, output } = await runCommand(args, { dataFolder: join(folder, 'data') })
  expect(output).toContain(said)
  expect(output).not.toMatch(/^ +at /m)
  expect(code).toBe(78)
})
