import { describe, expect, it } from 'vitest'
import {
  judgeClock,
  judgeDisk,
  judgeMemory,
  judgeModules,
  judgeNode,
  judgeOpenFiles,
  type ClockFacts,
} from './machine.ts'
import type { Finding } from './finding.ts'

const stateOf = ({ state }: Finding) => state

describe('what is well and what is not', () => {
  it.each([
    ['v24.21.0', 'ok'],
    ['v26.0.0', 'ok'],
    ['v22.19.0', 'failed'],
    ['v20.20.2', 'failed'],
  ])('Node %s: %s', (version, state) => expect(judgeNode(version).state).toBe(state))

  it('names each module that does not load, and why', () => {
    expect(judgeModules({ lmdb: null, chdb: null }).state).toBe('ok')
    const finding = judgeModules({ lmdb: 'Error: no native build', chdb: null })
    expect(finding).toMatchObject({ state: 'failed', says: 'lmdb does not load: Error: no native build' })
    expect(finding.todo).toContain('npm ci')
  })

  it.each([
    [100e9, ['ok']],
    [4e9, ['warning']],
    [0.4e9, ['failed']],
  ])('%d bytes free for a journal of 2 GB: %j', (freeBytes, states) => {
    expect(judgeDisk({ freeBytes, freeInodes: 1e6, hasInodes: true }, 2e9).map(stateOf)).toEqual(states)
  })

  it.each([
    [19_999, true, ['ok', 'warning']],
    [999, true, ['ok', 'failed']],
    [0, false, ['ok']],
  ])('%d inodes (counted: %s): %j', (freeInodes, hasInodes, states) => {
    expect(judgeDisk({ freeBytes: 100e9, freeInodes, hasInodes }, 2e9).map(stateOf)).toEqual(states)
  })

  it('memory counts as a whole, and what others use only before a start', () => {
    const judge = (totalBytes: number, availableBytes: number, isRunning: boolean) =>
      judgeMemory({ totalBytes, availableBytes }, { eventsBytes: 2e9, isRunning }).state
    expect(judge(8e9, 4e9, false)).toBe('ok')
    expect(judge(8e9, 1e9, false)).toBe('warning')
    expect(judge(8e9, 1e9, true)).toBe('ok')
    expect(judge(2e9, 1e9, true)).toBe('warning')
  })

  it.each([
    [null, 'ok'],
    [Infinity, 'ok'],
    [20_000, 'ok'],
    [4_096, 'warning'],
    [256, 'failed'],
  ])('%s open files: %s', (limit, state) => expect(judgeOpenFiles(limit).state).toBe(state))
})

describe('the clock', () => {
  const now = Date.UTC(2026, 10, 24)
  const right: ClockFacts = {
    now,
    lastWrittenAt: now - 1_000,
    jumpMs: 1,
    hasZones: true,
    isSynchronized: true,
  }
  const judge = (facts: Partial<ClockFacts>) => judgeClock({ ...right, ...facts }).map(stateOf)

  it('is well when it is right, kept so, and knows the zones', () => {
    expect(judge({})).toEqual(['ok', 'ok', 'ok'])
    expect(judge({ lastWrittenAt: null, isSynchronized: null })).toEqual(['ok', 'ok', 'ok'])
  })
  it('cannot be before this program was made', () => {
    expect(judge({ now: Date.UTC(1970, 0, 1), lastWrittenAt: null })[0]).toBe('failed')
  })
  it('cannot be before what was written', () => {
    expect(judge({ lastWrittenAt: now + 30_000 })[0]).toBe('ok')
    expect(judge({ lastWrittenAt: now + 3_600_000 })[0]).toBe('failed')
  })
  it.each([-5_000, 5_000])('is not steady when it moves by %d ms while it is watched', (jumpMs) => {
    expect(judge({ jumpMs })[0]).toBe('warning')
  })
  it('drifts when nothing keeps it', () => expect(judge({ isSynchronized: false })[1]).toBe('warning'))
  it('makes wrong days without zones', () => expect(judge({ hasZones: false })[2]).toBe('failed'))
})
