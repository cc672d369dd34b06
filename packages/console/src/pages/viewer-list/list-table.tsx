import { Button } from 'react-aria-components/Button'
import { addressOf, navigate, useLocation } from '../../lib/location.ts'
import { useCarriedSearch } from '../../lib/scope.ts'
import { useSession } from '../../lib/session.tsx'
import { RowLink } from '../../ui/row-link.tsx'
import type { ListColumn } from './columns.ts'
import type { ListPage } from './use-list-pages.ts'

type Order = 'asc' | 'desc'

/** The rows of a list; a viewer leads to the viewer's page, a column's head sorts. */
export function ListTable<Row extends ListPage['items'][number]>(props: {
  columns: readonly ListColumn<Row>[]
  rows: readonly Row[]
  timeZone: string
  sort: string
  order: Order
}) {
  const { columns, rows, timeZone } = props
  const carried = useCarriedSearch()
  const maySeeOne = useSession().operator.rights.includes('viewers.activity')
  return (
    <section
      aria-label="Viewers, table"
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- What scrolls must be scrollable by keyboard (axe: scrollable-region-focusable).
      tabIndex={0}
      className="overflow-x-auto rounded-b-lg"
    >
      <table className="w-full border-collapse">
        <caption className="sr-only">Viewers</caption>
        <thead>
          <tr>
            <th scope="col" className={`${HEAD} ${CELL} text-left`}>
              Viewer
            </th>
            {columns.map((column) => (
              <ColumnHead key={column.name} column={column} sort={props.sort} order={props.order} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr
              key={row.viewerId ?? `erased ${index}`}
              className="border-b border-line last:border-b-0 hover:bg-hover"
            >
              <th scope="row" className={`${CELL} text-left font-normal`}>
                {row.viewerId !== null && maySeeOne ? (
                  <RowLink to={addressOf('/viewers', carried, { viewer: row.viewerId })}>{row.label}</RowLink>
                ) : (
                  row.label
                )}
              </th>
              {columns.map((column) => (
                <td key={column.name} className={styleOf(column)}>
                  {column.shown(row, timeZone)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

const CELL = 'px-4 py-2 max-sm:px-2 max-sm:first:pl-4 max-sm:last:pr-4'
const HEAD = 'border-b border-line font-normal whitespace-nowrap text-muted'

function styleOf(column: Pick<ListColumn<never>, 'isText' | 'isNarrowHidden'>): string {
  return `${CELL} ${column.isText ? 'text-left' : 'text-right'} ${column.isNarrowHidden ? 'max-sm:hidden' : ''}`
}

function ColumnHead(props: {
  column: Pick<ListColumn<never>, 'name' | 'sort' | 'isText' | 'isNarrowHidden'>
  sort: string
  order: Order
}) {
  const { column, sort, order } = props
  const { path, search } = useLocation()
  const isSorted = column.sort !== undefined && column.sort === sort
  const ariaSort = !isSorted ? undefined : order === 'asc' ? 'ascending' : 'descending'
  /** Where it moves no word out of its line: before numbers' heads, behind those of texts. */
  const arrow = (
    <span aria-hidden="true" className="inline-block w-3 text-center">
      {isSorted ? (order === 'asc' ? '↑' : '↓') : ''}
    </span>
  )
  function sortByIt(): void {
    const next: Order = isSorted && order === 'desc' ? 'asc' : 'desc'
    navigate(addressOf(path, search, { sort: column.sort!, order: next === 'desc' ? null : next }), {
      replace: true,
    })
  }
  return (
    <th scope="col" aria-sort={ariaSort} className={`${HEAD} ${styleOf(column)}`}>
      {column.sort === undefined ? (
        column.name
      ) : (
        <Button onPress={sortByIt} className="rounded-sm data-hovered:text-ink">
          {!column.isText && arrow}
          {column.name}
          {column.isText && arrow}
        </Button>
      )}
    </th>
  )
}
