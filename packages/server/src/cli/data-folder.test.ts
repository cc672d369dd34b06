import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StartupError } from '../platform/errors.ts'
import { openDataFolder } from './data-folder.ts'

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'foyer-data-'))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

describe('a data folder', () => {
  it('is made with those above it, for nobody else to read, and is the same the next time', () => {
    const root = join(base, 'a', 'b', 'data')
    const folder = openDataFolder(root)
    expect(openDataFolder(root)).toEqual(folder)
    for (const path of [root, folder.recordsSocketFolder]) {
      expect(statSync(path).isDirectory()).toBe(true)
      expect(statSync(path).mode & 0o077).toBe(0)
    }
  })

  it('keeps its sockets in the system’s temporary folder when its own path is too long for them', () => {
    const folder = openDataFolder(join(base, 'x'.repeat(120)))
    expect(folder.eventsSocket.length).toBeLessThan(104)
    expect(existsSync(folder.recordsSocketFolder)).toBe(true)
    rmSync(folder.recordsSocketFolder, { recursive: true })
  })

  it('that is a file, or lies in one, is refused by name', () => {
    writeFileSync(join(base, 'file'), '')
    for (const root of [join(base, 'file'), join(base, 'file', 'data')]) {
      expect(() => openDataFolder(root)).toThrow(StartupError)
      expect(() => openDataFolder(root)).toThrow(`The data folder ${root} cannot be used: `)
    }
  })

  // In a process of its own: what it must not do is run for ever, which no test in the same one could end.
  it.runIf(process.platform === 'linux').each(['/proc/nope', '/proc/nope/deeper', '/proc'])(
    'where nothing can be made is refused at once (%s)',
    (root) => {
      const { status, signal, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'serve'], {
        env: { ...process.env, FOYER_DATA: root, FOYER_PORT: '0' },
        encoding: 'utf8',
        timeout: 20_000,
        killSignal: 'SIGKILL',
      })
      expect({ status, signal }).toEqual({ status: 78, signal: null })
      expect(stdout + stderr).toMatch(
        new RegExp(`^The data folder ${root} cannot be used: ENOENT[^\\n]*\\n$`),
      )
    },
  )
})

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
