import type { ReactNode } from 'react'
import { download, toCsv, type Cell } from '../lib/csv.ts'
import { Button } from './button.tsx'
import { Card } from './card.tsx'
import { RowLink } from './row-link.tsx'

/** A number of a table: as it is, for the CSV, and as it is shown. */
export interface Figure {
  readonly raw: Cell
  readonly shown: ReactNode
}

export interface TableRow {
  readonly key: string
  readonly name: string
  /** The list behind the row. */
  readonly to?: string | null
  /** Length of the bar beside the name, 0 to 1; absent: no bar. */
  readonly share?: number
  readonly figures: readonly Figure[]
}

export interface TableColumn {
  readonly name: string
  /** Texts stand left, numbers right. */
  readonly isText?: boolean
  /** A narrow screen has no room for it. */
  readonly isNarrowHidden?: boolean
  /** What the CSV calls it, where it holds more or less than is shown. */
  readonly csvName?: string
}

/** Named rows with numbers, a bar beside each name, and the list behind each; the same numbers as CSV. */
export function TableCard(props: {
  title: string
  definition: string
  note?: ReactNode
  /** Of the names. */
  nameHeader: string
  columns: readonly TableColumn[]
  rows: readonly TableRow[]
  fileName: string
  /** Shown instead of a table without rows. */
  empty: ReactNode
}) {
  const { title, columns, rows } = props
  const styleOf = (column: TableColumn) =>
    `${CELL} ${column.isText ? 'text-left whitespace-nowrap' : 'text-right'} ${column.isNarrowHidden ? 'max-sm:hidden' : ''}`
  return (
    <Card
      title={title}
      definition={props.definition}
      note={props.note}
      isFlush
      actions={
        rows.length > 0 && (
          <Button
            look="quiet"
            aria-label={`Download ${title} as CSV`}
            onPress={() =>
              download(
                `${props.fileName}.csv`,
                toCsv(
                  [props.nameHeader, ...columns.map((column) => column.csvName ?? column.name)],
                  rows.map((row) => [row.name, ...row.figures.map(({ raw }) => raw)]),
                ),
              )
            }
          >
            CSV
          </Button>
        )
      }
    >
      {rows.length === 0 ? (
        props.empty
      ) : (
        <section
          aria-label={`${title}, table`}
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- What scrolls must be scrollable by keyboard (axe: scrollable-region-focusable).
          tabIndex={0}
          className="max-h-120 overflow-auto rounded-b-lg"
        >
          <table className="w-full border-collapse">
            <caption className="sr-only">{title}</caption>
            <thead>
              <tr>
                <th scope="col" className={`${HEAD} ${CELL} text-left`}>
                  {props.nameHeader}
                </th>
                {columns.map((column) => (
                  <th key={column.name} scope="col" className={`${HEAD} ${styleOf(column)}`}>
                    {column.name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.key} className="border-b border-line last:border-b-0 hover:bg-hover">
                  <th scope="row" className={`${CELL} w-1/3 text-left font-normal`}>
                    {row.to ? <RowLink to={row.to}>{row.name}</RowLink> : row.name}
                    {row.share !== undefined && <Bar share={row.share} />}
                  </th>
                  {columns.map((column, index) => (
                    <td key={column.name} className={styleOf(column)}>
                      {row.figures[index]!.shown}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Card>
  )
}

const CELL = 'px-4 py-2 max-sm:px-2 max-sm:first:pl-4 max-sm:last:pr-4'
const HEAD = 'sticky top-0 border-b border-line bg-surface font-normal whitespace-nowrap text-muted'

/** The numbers say the same; the bar is for the eye. */
function Bar(props: { share: number }) {
  return (
    <span aria-hidden="true" className="mt-0.5 block h-1 max-w-60">
      <span
        className="block h-full rounded-xs bg-series-1"
        style={{ width: `${Math.max(0, Math.min(1, props.share)) * 100}%` }}
      />
    </span>
  )
}
