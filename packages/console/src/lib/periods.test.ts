import { describe, expect, test } from 'vitest'
import { periodOf, periodParameters, PRESETS } from './periods.ts'

const read = (query: string) => periodOf(new URLSearchParams(query), 'Europe/Madrid')

describe('the days of a URL', () => {
  test('two days are taken as they are', () => {
    expect(read('from=2026-10-01&to=2026-10-31')).toMatchObject({
      from: '2026-10-01',
      to: '2026-10-31',
      preset: null,
    })
  })

  test.each([
    '',
    'period=nonsense',
    'from=2026-10-31&to=2026-10-01',
    'from=2026-02-30&to=2026-03-01',
    'from=x&to=y',
  ])('what is missing or wrong (%s) means the last 28 days', (query) => {
    expect(read(query).preset).toBe('28d')
  })

  test('each preset comes back from the address that it makes, with its days in order', () => {
    for (const { id } of PRESETS) {
      const { period } = periodParameters(id)
      const found = read(`period=${period}`)
      expect(found.preset).toBe(id)
      expect(found.from <= found.to, id).toBe(true)
    }
  })

  test('choosing two days forgets the preset', () => {
    expect(periodParameters({ from: '2026-10-01', to: '2026-10-02' })).toEqual({
      period: null,
      from: '2026-10-01',
      to: '2026-10-02',
    })
  })
})
