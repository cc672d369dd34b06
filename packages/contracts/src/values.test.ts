import { expect, test } from 'vitest'
import { identifier } from './values.ts'

test.each(['a', 'ana/ruiz+tv?é', 'two words', '...', '.a', 'a..', '\u{1F3AC}', 'x'.repeat(256)])(
  '%j is an id',
  (id) => {
    expect(identifier.safeParse(id).success).toBe(true)
  },
)

test.each([
  ['.', 'more than a dot or two'],
  ['..', 'more than a dot or two'],
  [' a', 'no blank at its start'],
  ['a ', 'no blank at its end'],
  ['a\u00a0', 'no blank at its end'],
  ['a\u0000b', 'no control characters'],
  ['a\ud83cb', 'no half of a surrogate pair'],
  ['\udfacx', 'no half of a surrogate pair'],
])('%j is no id: %s', (id, rule) => {
  expect(identifier.safeParse(id).error?.issues.map(({ message }) => message)).toEqual([rule])
})

test.each(['', ' ', 'x'.repeat(257)])('%j is no id', (id) => {
  expect(identifier.safeParse(id).success).toBe(false)
})
