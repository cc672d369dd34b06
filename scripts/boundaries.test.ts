import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** The rules about who may import whom, on a small repository of the same shape in which every rule is broken once. */

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SERVER = 'packages/server/src'

/** Files that are imported; what is in them does not matter. */
const THERE = [
  `${SERVER}/app.ts`,
  `${SERVER}/settings.ts`,
  `${SERVER}/cli/serve.ts`,
  `${SERVER}/platform/errors.ts`,
  `${SERVER}/storage/index.ts`,
  `${SERVER}/storage/records/engine.ts`,
  `${SERVER}/modules/accounts/index.ts`,
  `${SERVER}/modules/accounts/viewers.ts`,
  `${SERVER}/modules/engagement/index.ts`,
  'packages/server/test/records.ts',
  'packages/contracts/src/index.ts',
]

const FORBIDDEN: readonly (readonly [who: string, from: string, imports: string])[] = [
  ['a module, the composition', `${SERVER}/modules/tracking/a.ts`, '../../app.ts'],
  ['a module, another file of the root', `${SERVER}/modules/tracking/b.ts`, '../../settings.ts'],
  ['a module, the command line', `${SERVER}/modules/tracking/c.ts`, '../../cli/serve.ts'],
  ['a module, another behind its face', `${SERVER}/modules/tracking/d.ts`, '../accounts/viewers.ts'],
  ['a module, one that is not on its list', `${SERVER}/modules/tracking/e.ts`, '../engagement/index.ts'],
  [
    'a module, the stores behind their face',
    `${SERVER}/modules/tracking/f.ts`,
    '../../storage/records/engine.ts',
  ],
  ['the stores, the composition', `${SERVER}/storage/a.ts`, '../app.ts'],
  ['the stores, a module', `${SERVER}/storage/b.ts`, '../modules/accounts/index.ts'],
  ['the platform, the composition', `${SERVER}/platform/a.ts`, '../app.ts'],
  ['the platform, the stores', `${SERVER}/platform/b.ts`, '../storage/index.ts'],
  ['the composition, a module behind its face', `${SERVER}/a.ts`, './modules/accounts/viewers.ts'],
  ['the composition, the stores behind their face', `${SERVER}/b.ts`, './storage/records/engine.ts'],
  ['the contracts, the server', 'packages/contracts/src/a.ts', '../../server/src/platform/errors.ts'],
  ['the contracts, the server’s tests', 'packages/contracts/src/b.ts', '../../server/test/records.ts'],
  ['the console, the server', 'packages/console/src/a.tsx', '../../server/src/modules/accounts/index.ts'],
  ['the simulator, the server', 'packages/simulator/src/a.ts', '../../server/src/app.ts'],
]

const ALLOWED: readonly (readonly [who: string, from: string, imports: string])[] = [
  ['a module, one on its list', `${SERVER}/modules/tracking/allowed-a.ts`, '../accounts/index.ts'],
  ['a module, the stores', `${SERVER}/modules/tracking/allowed-b.ts`, '../../storage/index.ts'],
  ['a module, the platform', `${SERVER}/modules/tracking/allowed-c.ts`, '../../platform/errors.ts'],
  ['the composition, a module', `${SERVER}/allowed-a.ts`, './modules/accounts/index.ts'],
  ['the composition, another file of the root', `${SERVER}/allowed-b.ts`, './settings.ts'],
  ['the command line, the composition', `${SERVER}/cli/allowed-a.ts`, '../app.ts'],
  ['a file, its neighbour', 'packages/contracts/src/allowed-a.ts', './index.ts'],
]

let root: string
let found: Set<string>

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'foyer-boundaries-'))
  copyFileSync(join(ROOT, '.oxlintrc.json'), join(root, '.oxlintrc.json'))
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  for (const path of THERE) write(path, 'export const there = 1\n')
  for (const [, from, imports] of [...FORBIDDEN, ...ALLOWED]) {
    write(from, `import { there } from '${imports}'\nexport const here = there\n`)
  }
  found = violations()
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

/** Files in which an import is refused. */
function violations(): Set<string> {
  const { stdout } = spawnSync(join(ROOT, 'node_modules/.bin/oxlint'), ['--format', 'json', 'packages'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  })
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] }
  return new Set(
    diagnostics
      .filter(({ code }) => /boundaries|no-restricted-imports/.test(code))
      .map(({ filename }) => filename),
  )
}

describe('an import is refused:', () => {
  it.each(FORBIDDEN)('%s', (_who, from) => {
    expect(found).toContain(from)
  })
})

describe('an import is allowed:', () => {
  it.each(ALLOWED)('%s', (_who, from) => {
    expect(found).not.toContain(from)
  })
})
