import { expect, test } from 'vitest'
import { toCsv } from './csv.ts'

test('a text that a spreadsheet would run is made harmless, a number is not touched', () => {
  const cells = ['=HYPERLINK("x")', '+1', '-1', '@SUM', '\tx', -1]
  expect(
    toCsv(
      ['a'],
      cells.map((cell) => [cell]),
    )
      .split('\r\n')
      .slice(1, -1),
  ).toEqual(['"\'=HYPERLINK(""x"")"', "'+1", "'-1", "'@SUM", "'\tx", '-1'])
})

test('commas, quotes and line breaks stay in their cell', () => {
  expect(toCsv(['Title', 'Minutes'], [['Paris, "je t’aime"\nII', 1.5]])).toBe(
    'Title,Minutes\r\n"Paris, ""je t’aime""\nII",1.5\r\n',
  )
})

test('a value that is not known is an empty cell', () => {
  expect(toCsv(['a', 'b'], [[null, 0]])).toBe('a,b\r\n,0\r\n')
})
