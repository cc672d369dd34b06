import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { percentages } from './percentages.ts'

test('thirds sum to 100.0: the first gets the tenth that is missing', () => {
  expect(percentages([1, 1, 1])).toEqual([33.4, 33.3, 33.3])
})

test('the missing tenths go to the largest remainders', () => {
  // 670 and 273 of 943: 71.049… and 28.950…
  expect(percentages([273, 670])).toEqual([29, 71])
  expect(percentages([1, 999])).toEqual([0.1, 99.9])
  expect(percentages([1, 9_999])).toEqual([0, 100])
})

test('nothing shared is nothing each', () => {
  expect(percentages([0, 0])).toEqual([0, 0])
  expect(percentages([])).toEqual([])
})

test('any counts sum to exactly 100.0, and none is a tenth or more away from its share', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 1_000_000 }), { minLength: 1, maxLength: 12 }), (counts) => {
      const total = counts.reduce((sum, count) => sum + count, 0)
      fc.pre(total > 0)
      const parts = percentages(counts)
      expect(parts.reduce((sum, part) => sum + Math.round(part * 10), 0)).toBe(1000)
      for (const [index, part] of parts.entries())
        expect(Math.abs(part - (counts[index]! / total) * 100)).toBeLessThan(0.1)
    }),
  )
})
