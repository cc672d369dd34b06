import { describe, expect, it } from 'vitest'
import { StartupError } from './errors.ts'
import { byteSize, choice, defineSettings, duration, flag, integer, readSettings } from './settings.ts'

const group = defineSettings({
  idle: { env: 'FOYER_IDLE', schema: duration, default: '30m', sentence: 'Idle time.' },
  size: { env: 'FOYER_SIZE', schema: byteSize, default: '64MB', sentence: 'Size.' },
  lanes: { env: 'FOYER_LANES', schema: integer({ min: 1, max: 8 }), default: '4', sentence: 'Lanes.' },
  isOpen: { env: 'FOYER_OPEN', schema: flag, default: 'false', sentence: 'Open.' },
  mode: { env: 'FOYER_MODE', schema: choice(['a', 'b']), default: 'a', sentence: 'Mode.' },
})

describe('settings', () => {
  it('have defaults and read units', () => {
    expect(readSettings({ group }, { FOYER_LANES: '8', PATH: '/bin' }).group).toEqual({
      idle: 1_800_000,
      size: 64_000_000,
      lanes: 8,
      isOpen: false,
      mode: 'a',
    })
  })

  it('name every wrong value at once, and what would be right', () => {
    const read = () => readSettings({ group }, { FOYER_IDLE: 'soon', FOYER_LANES: '9', FOYER_MODE: 'c' })
    expect(read).toThrow(StartupError)
    expect(read).toThrow(/FOYER_IDLE: a duration such as[^]*FOYER_LANES: [^]*8[^]*FOYER_MODE: one of a, b/)
  })

  it('refuse a name that no setting reads, since it is a typing error', () => {
    expect(() => readSettings({ group }, { FOYER_LANE: '2' })).toThrow(/FOYER_LANE: no such setting/)
  })
})
