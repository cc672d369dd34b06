import { download, toCsv } from '../../lib/csv.ts'
import type { ViewerListName } from '../../lib/viewer-lists.ts'
import type { ListColumn } from './columns.ts'
import type { ListPage } from './use-list-pages.ts'

/** Gives the reader the rows as a file, with names where they may be seen. A part of a list says so in its name. */
export function exportList<Row extends ListPage['items'][number]>(
  list: ViewerListName,
  page: ListPage,
  rows: readonly Row[],
  columns: readonly ListColumn<Row>[],
): void {
  const part = rows.length < page.total ? `-first-${rows.length}` : ''
  download(
    `${list}-viewers-${page.service}-${page.from}-${page.to}${part}.csv`,
    toCsv(
      ['Viewer id', 'Viewer', ...columns.map(({ name }) => name)],
      rows.map((row) => [row.viewerId, row.label, ...columns.map(({ raw }) => raw(row))]),
    ),
  )
}
