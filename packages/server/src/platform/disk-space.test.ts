import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asDiskFull, saysDiskFull } from './disk-space.ts'
import { StartupError } from './errors.ts'
import { makeSmallDisk, mayMount } from '../../test/small-disk.ts'

describe('an error that says that the disk is full', () => {
  it.each([
    ['Node', Object.assign(new Error('write'), { code: 'ENOSPC' })],
    ['a quota', Object.assign(new Error('write'), { code: 'EDQUOT' })],
    ['PostgreSQL', Object.assign(new Error('could not extend file'), { code: '53100' })],
    ['SQLite', Object.assign(new Error('database or disk is full'), { errcode: 13 })],
    ['the files of PGlite, whose errors are none', { name: 'ErrnoError', errno: 51 }],
    ['LMDB and chDB, by their words', new Error('mdb_env_open: No space left on device')],
    [
      'what caused it',
      new Error('migration failed', { cause: Object.assign(new Error(), { code: '53100' }) }),
    ],
  ])('is known from %s', (_who, error) => {
    expect(saysDiskFull(error)).toBe(true)
  })

  it.each([
    ['another code', Object.assign(new Error('write'), { code: 'EIO' })],
    ['a number 51 of somebody else', { name: 'Error', errno: 51 }],
    ['nothing', undefined],
    ['an error that causes itself', selfCaused()],
  ])('is not read into %s', (_what, error) => {
    expect(saysDiskFull(error)).toBe(false)
  })

  it('names the folder and what to do, and keeps the cause', () => {
    const cause = Object.assign(new Error('write'), { code: 'ENOSPC' })
    const told = asDiskFull(cause, tmpdir())
    expect(told).toBeInstanceOf(StartupError)
    expect(told?.message).toMatch(
      /^The disk that holds \S+ is full or nearly so: \d+ MB are free\. Make room/,
    )
    expect(told?.cause).toBe(cause)
  })
})

describe('an error that says nothing of use', () => {
  it('is no full disk where there is room, also for a folder that is yet to be made', () => {
    expect(asDiskFull(new Error('Aborted()'), join(tmpdir(), 'not', 'yet', 'there'))).toBeNull()
  })

  it.runIf(mayMount)('is one where there is none, unless it knows better', () => {
    const disk = makeSmallDisk(2)
    try {
      disk.fill()
      expect(asDiskFull(new Error('Aborted()'), disk.folder)?.message).toContain('0 MB are free')
      expect(asDiskFull(new StartupError('written by a newer Foyer'), disk.folder)).toBeNull()
    } finally {
      disk.remove()
    }
  })
})

function selfCaused(): Error {
  const error = new Error('round and round')
  error.cause = error
  return error
}
