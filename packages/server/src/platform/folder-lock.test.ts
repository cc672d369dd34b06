import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StartupError } from './errors.ts'
import { acquireFolderLock, waitForFolderLock } from './folder-lock.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foyer-lock-'))
  file = join(folder, 'deeper', 'data.lock')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Takes the lock in a process of its own, which then only lives. */
async function otherProcess(): Promise<{ kill(): Promise<void> }> {
  const script = `
    import { acquireFolderLock } from ${JSON.stringify(new URL('folder-lock.ts', import.meta.url).href)}
    acquireFolderLock(${JSON.stringify(file)}, 'taken')
    process.stdout.write('locked')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return {
    async kill() {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}

describe('the lock of a folder', () => {
  it('lets one in, and the next after it was released', () => {
    const lock = acquireFolderLock(file, 'taken')
    expect(() => acquireFolderLock(file, 'taken')).toThrow(new StartupError('taken'))
    lock.release()
    lock.release()
    acquireFolderLock(file, 'taken').release()
  })

  it('keeps another process out, and is free as soon as that is killed', async () => {
    const other = await otherProcess()
    expect(() => acquireFolderLock(file, 'taken')).toThrow(StartupError)
    await other.kill()
    acquireFolderLock(file, 'taken').release()
  })

  it('leaves nothing but its own file', async () => {
    const other = await otherProcess()
    await other.kill()
    acquireFolderLock(file, 'taken').release()
    expect(readdirSync(join(folder, 'deeper'))).toEqual(['data.lock'])
  })

  it('can be waited for while its holder is on the way out', async () => {
    const lock = acquireFolderLock(file, 'taken')
    const next = waitForFolderLock(file, 'taken', 10_000)
    lock.release()
    const taken = await next
    taken.release()
  })

  it('is not waited for longer than asked', async () => {
    const lock = acquireFolderLock(file, 'taken')
    await expect(waitForFolderLock(file, 'taken', 60)).rejects.toThrow(new StartupError('taken'))
    lock.release()
  })

  it('tells apart what is wrong with its place', () => {
    expect(() => acquireFolderLock(folder, 'taken')).toThrow(
      expect.not.objectContaining({ name: 'StartupError' }),
    )
  })
})
