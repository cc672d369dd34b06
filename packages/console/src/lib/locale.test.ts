import { describe, expect, test } from 'vitest'
import { firstUsable, LOCALE } from './locale.ts'

describe('the language of numbers and dates', () => {
  test.each([
    ['is the first that the reader asks for', ['es-ES', 'en'], 'es-ES'],
    ['passes over what is no language tag', ['en-US@posix', 'de-AT'], 'de-AT'],
    ['passes over what nobody has words for', ['und', 'tlh', 'fr'], 'fr'],
    ['is English where nothing can be used', ['en-US@posix', '', 'C'], 'en'],
    ['is English where nothing is asked for', [], 'en'],
  ])('%s', (_claim, languages, expected) => {
    expect(firstUsable(languages)).toBe(expected)
  })

  test('is one that every kind of format takes', () => {
    expect(() => new Intl.NumberFormat(LOCALE)).not.toThrow()
    expect(() => new Intl.DateTimeFormat(LOCALE)).not.toThrow()
    expect(() => new Intl.DisplayNames(LOCALE, { type: 'region' })).not.toThrow()
  })
})
