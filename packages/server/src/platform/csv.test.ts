import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CsvError, detectEncoding, readCsv, readLines, type CsvRow, type Encoding } from './csv.ts'

const bytes = (text: string) => [new TextEncoder().encode(text)]

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const list: Value[] = []
  for await (const value of values) list.push(value)
  return list
}

async function rows(source: Uint8Array[], encoding: Encoding = 'utf-8'): Promise<CsvRow[]> {
  return all(readCsv(source, { encoding }))
}

describe('readCsv', () => {
  it('says on which line a row begins, whatever line ends stand before it and in its quotes', async () => {
    const text = 'id,note\r\n1,"two\r\nlines"\r\n\r\n2,x\r3,y\n'
    expect(await rows(bytes(`\ufeff${text}`))).toEqual([
      { line: 1, cells: ['id', 'note'] },
      { line: 2, cells: ['1', 'two\nlines'] },
      { line: 5, cells: ['2', 'x'] },
      { line: 6, cells: ['3', 'y'] },
    ])
  })

  it.each([
    ['a;b,c;d', ['a', 'b,c', 'd']],
    ['a\tb\tc', ['a', 'b', 'c']],
    ['"a;b;c",d', ['a;b;c', 'd']],
    ['1|2|3', ['1', '2', '3']],
  ])('finds the delimiter of %j', async (text, cells) => {
    expect((await rows(bytes(text)))[0]!.cells).toEqual(cells)
  })

  it('reads a quote in the middle of a cell as the cell has it and loses no row for it', async () => {
    expect((await rows(bytes('a,b\n1,5" disc\n2,"x" y\n3,z\n'))).map((row) => row.cells)).toEqual([
      ['a', 'b'],
      ['1', '5" disc'],
      ['2', '"x" y'],
      ['3', 'z'],
    ])
  })

  it('refuses a quote that is never closed at the line where it opens, after the rows before it', async () => {
    const read: CsvRow[] = []
    const reading = (async () => {
      for await (const row of readCsv(bytes('a,b\n1,x\n2,"open\n3,lost\n'), { encoding: 'utf-8' }))
        read.push(row)
    })()
    await expect(reading).rejects.toThrow(CsvError)
    await expect(reading).rejects.toMatchObject({ line: 3 })
    expect(read).toHaveLength(2)
  })

  it('reads back whatever was written by RFC 4180, in whatever pieces it arrives', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'é', '漢', '"', ',', ';', '\n', ' ', '€') })
    const table = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 7 }), async (table, size) => {
        const text = table
          .map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(','))
          .join('\r\n')
        const whole = new TextEncoder().encode(text)
        const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, index) =>
          whole.subarray(index * size, (index + 1) * size),
        )
        const read = await all(readCsv(pieces, { encoding: 'utf-8', delimiter: ',' }))
        expect(read.map((row) => row.cells)).toEqual(table)
        let line = 1
        for (const [index, row] of table.entries()) {
          expect(read[index]!.line).toBe(line)
          line += 1 + row.join('').split('\n').length - 1
        }
      }),
    )
  })

  it('refuses a row of more than a megabyte instead of holding it', async () => {
    const endless = [...bytes('a,b\n1,"'), ...Array.from({ length: 40 }, () => Buffer.alloc(65_536, 'x'))]
    await expect(rows(endless)).rejects.toMatchObject({ name: 'CsvError', line: 2 })
  })

  it('reads an empty file as no rows', async () => {
    expect(await rows(bytes(''))).toEqual([])
    expect(await rows([])).toEqual([])
  })
})

describe('encodings', () => {
  it('knows UTF-8, UTF-16 with its mark, and what spreadsheets write else', async () => {
    expect(await detectEncoding(bytes('Misérables'))).toBe('utf-8')
    expect(await detectEncoding([Buffer.from('Misérables', 'latin1')])).toBe('windows-1252')
    const utf16 = Buffer.from('\ufeffid;name\n1;Misérables €\n', 'utf16le')
    expect(await detectEncoding([utf16])).toBe('utf-16le')
    expect((await rows([utf16], 'utf-16le'))[1]!.cells).toEqual(['1', 'Misérables €'])
    expect((await rows([Buffer.from('1;Misérables', 'latin1')], 'windows-1252'))[0]!.cells[1]).toBe(
      'Misérables',
    )
  })

  it('finds a wrong byte after the first piece and a character cut in two', async () => {
    expect(await detectEncoding([Buffer.from('abc'), Buffer.from([0xe9])])).toBe('windows-1252')
    expect(await detectEncoding([Buffer.from([0xc3]), Buffer.from([0xa9])])).toBe('utf-8')
  })
})

describe('readLines', () => {
  it('numbers lines as an editor does', async () => {
    expect(await all(readLines(bytes('{"a":1}\r\n\r\n{"b":2}'), 'utf-8'))).toEqual([
      { line: 1, text: '{"a":1}' },
      { line: 3, text: '{"b":2}' },
    ])
  })
})
