import type { ReactNode } from 'react'
import type { z } from 'zod'
import { formatCount, formatNumberOf, formatRange } from '../../lib/format.ts'
import { addressOf, navigate, useLocation } from '../../lib/location.ts'
import type { ViewerListName } from '../../lib/viewer-lists.ts'
import { Button } from '../../ui/button.tsx'
import { Empty, Failed, Loaded, Skeleton } from '../../ui/states.tsx'
import type { ListColumn } from './columns.ts'
import { exportList } from './export-list.ts'
import { filtersOf, type ListFilter } from './filters.ts'
import { ListTable } from './list-table.tsx'
import { useListPages, type ListPage } from './use-list-pages.ts'

/** One list of viewers with its filters, its rows as far as they were asked for, and its CSV. */
export function ViewerList<
  Row extends ListPage['items'][number],
  Page extends ListPage & { items: Row[] },
>(props: {
  list: ViewerListName
  query: Readonly<Record<string, string>>
  schema: z.ZodType<Page>
  columns: readonly ListColumn<Row>[]
}) {
  const { list, query, schema, columns } = props
  const pages = useListPages(list, query, schema)
  const { search } = useLocation()
  const first = pages.first.data
  const filters = filtersOf(list, search, {
    contentName: first?.contentName ?? null,
    timeZone: first?.timeZone ?? 'UTC',
  })
  return (
    <>
      <Filters filters={filters} />
      <Loaded resource={pages.first} what="the viewers" skeleton={<Skeleton className="h-100" />}>
        {(data) => (
          <section
            aria-label="Viewers"
            className="flex min-w-0 flex-col rounded-lg border border-line bg-surface"
          >
            <header className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 pt-3.5 pb-2">
              <Summary page={data} />
              {data.total > 0 && (
                <ExportButton
                  progress={pages.exported}
                  onPress={() => void pages.exportAll((rows) => exportList(list, data, rows, columns))}
                />
              )}
            </header>
            {data.total === 0 ? (
              <NobodyListed filters={filters} page={data} />
            ) : (
              <ListTable
                columns={columns}
                rows={pages.items}
                timeZone={data.timeZone}
                sort={query['sort'] ?? columns.find(({ sort }) => sort !== undefined)!.sort!}
                order={query['order'] === 'asc' ? 'asc' : 'desc'}
              />
            )}
            {pages.next !== null && !pages.failure && (
              <div className="flex items-center gap-3 border-t border-line px-4 py-3">
                <Button isDisabled={pages.isBusy} onPress={() => void pages.more()}>
                  {pages.isBusy ? 'Loading…' : 'Show more'}
                </Button>
                <span className="text-muted">
                  {formatCount(pages.items.length)} of {formatNumberOf(data.total, 'viewer')}
                </span>
              </div>
            )}
            {pages.failure && (
              <div className="border-t border-line p-4">
                <Failed what="further viewers" error={pages.failure} onRetry={() => void pages.more()} />
              </div>
            )}
          </section>
        )}
      </Loaded>
    </>
  )
}

function Summary(props: { page: ListPage }) {
  const { page } = props
  return (
    <div>
      <p data-testid="list-total">
        <strong className="font-semibold">{formatNumberOf(page.total, 'viewer')}</strong>
        {page.visitors !== undefined && page.visitors > 0 && (
          <span data-testid="list-visitors" className="text-muted">
            {' '}
            and {formatNumberOf(page.visitors, 'anonymous visitor')}, who have no row
          </span>
        )}
      </p>
      <p className="text-muted">
        {formatRange(page)}.{page.areNamesShown ? '' : ' Your role does not show names.'} This look is
        recorded in the audit trail.
      </p>
    </div>
  )
}

function ExportButton(props: { progress: number | null; onPress: () => void }) {
  return (
    <Button
      look="quiet"
      aria-label="Download viewers as CSV"
      isDisabled={props.progress !== null}
      onPress={props.onPress}
    >
      {props.progress === null ? 'CSV' : `${formatCount(props.progress)} rows…`}
    </Button>
  )
}

/** What the list is narrowed to; each can be taken away. */
function Filters(props: { filters: readonly ListFilter[] }): ReactNode {
  const { path, search } = useLocation()
  if (props.filters.length === 0) return null
  return (
    <ul aria-label="Filters" className="flex flex-wrap gap-2">
      {props.filters.map(({ parameters, subject, value }) => (
        <li
          key={subject}
          className="flex items-center gap-1 rounded-full border border-line bg-surface py-0.5 pr-1 pl-3"
        >
          <span>
            <span className="text-muted">{subject} is</span> {value}
          </span>
          <Button
            look="bare"
            aria-label={`Remove ${subject} is ${value}`}
            onPress={() =>
              navigate(addressOf(path, search, Object.fromEntries(parameters.map((name) => [name, null]))))
            }
          >
            ×
          </Button>
        </li>
      ))}
    </ul>
  )
}

function NobodyListed(props: { filters: readonly ListFilter[]; page: ListPage }) {
  const [first] = props.filters
  return (
    <Empty title={props.page.visitors ? 'No registered viewer' : 'No viewers'}>
      <p>
        {first
          ? `Nobody matches ${formatRange(props.page)}. Take "${first.subject} is ${first.value}" away, or choose other dates.`
          : `Nobody matches ${formatRange(props.page)}. Choose other dates above.`}
      </p>
    </Empty>
  )
}
