import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { biggestChanges } from './biggest-changes.ts'

const parts = fc.array(fc.record({ value: fc.nat(1_000), previous: fc.nat(1_000) }), { maxLength: 30 })
const moveOf = ({ value, previous }: { value: number; previous: number }) => Math.abs(value - previous)

test('a handful that doubled does not stand above many that left', () => {
  const handful = { value: 4, previous: 2 }
  const many = { value: 900, previous: 1_000 }
  expect(biggestChanges([handful, many, { value: 7, previous: 7 }], (part) => part, 8)).toEqual([
    many,
    handful,
  ])
})

test('what is told moved at least as much as all that is left out', () => {
  fc.assert(
    fc.property(parts, fc.nat(10), (all, max) => {
      const told = biggestChanges(all, (part) => part, max)
      const least = Math.min(Infinity, ...told.map(moveOf))
      const left = all.filter((part) => !told.includes(part))
      expect(told.length).toBe(Math.min(max, all.filter((part) => moveOf(part) > 0).length))
      if (told.length > 0) expect(left.every((part) => moveOf(part) <= least)).toBe(true)
    }),
  )
})
