import { useState } from 'react'
import type { Cell } from '../lib/csv.ts'
import { formatCount } from '../lib/format.ts'
import { LOCALE } from '../lib/locale.ts'
import { Button } from './button.tsx'

/** Rows shown at first and with each further step. All of them are in the CSV. */
const ROWS = 200
/** So few rows stand in full; more of them scroll in their own place. */
const FEW_ROWS = 10

const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 })
const oneDecimal = new Intl.NumberFormat(LOCALE, {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
})

/** Numbers and texts in rows; a column of numbers stands right. */
export function DataTable(props: {
  caption: string
  header: readonly string[]
  rows: readonly (readonly Cell[])[]
  /** Columns that a narrow screen has no room for. */
  narrowHides?: readonly string[]
}) {
  const { header, rows } = props
  const [shown, setShown] = useState(ROWS)
  const isNumber = header.map((_, column) => rows.some((row) => typeof row[column] === 'number'))
  // A column with fractions shows one in each row, so that the digits stand below each other.
  const formats = header.map((_, column) =>
    rows.some((row) => typeof row[column] === 'number' && !Number.isInteger(row[column]))
      ? oneDecimal
      : whole,
  )
  const styleOf = (column: number) =>
    `px-4 py-2 max-sm:px-2 max-sm:first:pl-4 max-sm:last:pr-4 ${isNumber[column] ? 'text-right' : 'text-left'} ${props.narrowHides?.includes(header[column]!) ? 'max-sm:hidden' : ''}`
  return (
    <section
      aria-label={`${props.caption}, table`}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- What scrolls must be scrollable by keyboard (axe: scrollable-region-focusable).
      tabIndex={0}
      className={`overflow-auto rounded-b-lg ${rows.length > FEW_ROWS ? 'max-h-120' : ''}`}
    >
      <table className="w-full border-collapse">
        <caption className="sr-only">{props.caption}</caption>
        <thead>
          <tr>
            {header.map((name, column) => (
              <th
                key={name}
                scope="col"
                className={`sticky top-0 border-b border-line bg-surface font-normal whitespace-nowrap text-muted ${styleOf(column)}`}
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, shown).map((row, index) => (
            // oxlint-disable-next-line react/no-array-index-key -- Rows have no identity and keep no state.
            <tr key={index} className="border-b border-line last:border-b-0">
              {row.map((cell, column) => (
                <td key={header[column]} className={styleOf(column)}>
                  {typeof cell === 'number' ? formats[column]!.format(cell) : (cell ?? '–')}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > shown && (
        <div className="flex items-center gap-3 px-4 py-3">
          <Button onPress={() => setShown(shown + ROWS)}>Show more</Button>
          <span className="text-muted">
            {formatCount(shown)} of {formatCount(rows.length)} rows
          </span>
        </div>
      )}
    </section>
  )
}
