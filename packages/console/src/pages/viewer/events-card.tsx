import { viewerEventsReport, type ViewerEventsReport } from '@foyer/contracts'
import { useMemo, useState } from 'react'
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components/ToggleButtonGroup'
import { Chart } from '../../charts/chart.tsx'
import { api, ApiError } from '../../lib/api.ts'
import { formatCount, formatDate, formatInstant, formatNumberOf, formatRange } from '../../lib/format.ts'
import { addressOf, navigate, useLocation } from '../../lib/location.ts'
import { useResource } from '../../lib/use-resource.ts'
import { Button } from '../../ui/button.tsx'
import { Empty, Failed, Loaded, Skeleton } from '../../ui/states.tsx'
import { choiceOf, deviceOf, eventsDrawing, namesDrawn, positionOf, seriesOf } from './events-drawing.ts'

/** The player events of a viewer: day on the X axis, position in the content on the Y axis (R37–R39). */
export function EventsCard(props: { path: string; query: { service: string; from: string; to: string } }) {
  const { path, query } = props
  const first = useResource(
    JSON.stringify([path, query]),
    (signal) => api.get(path, viewerEventsReport, { query, signal }),
    { keepsStale: false },
  )
  return (
    <Loaded resource={first} what="the viewer's events" skeleton={<Skeleton className="h-110" />}>
      {(data) => <Events path={path} query={query} first={data} />}
    </Loaded>
  )
}

function Events(props: { path: string; query: Record<string, string>; first: ViewerEventsReport }) {
  const { first } = props
  const [further, setFurther] = useState<ViewerEventsReport[]>([])
  const [failure, setFailure] = useState<ApiError | null>(null)
  const [isBusy, setBusy] = useState(false)
  const { path, search } = useLocation()
  const chosen = search.get('events')

  const items = useMemo(() => [first, ...further].flatMap((page) => page.items), [first, further])
  const next = (further.at(-1) ?? first).next
  const series = useMemo(() => seriesOf(first.types, items), [first, items])
  const names = useMemo(() => namesDrawn(series, chosen), [series, chosen])
  const drawnSeries = useMemo(() => series.filter(({ name }) => names.has(name)), [series, names])
  const drawing = useMemo(
    () => eventsDrawing({ report: first, events: items, series: drawnSeries }),
    [first, items, drawnSeries],
  )
  const total = series.reduce((sum, part) => sum + part.total, 0)

  async function more(): Promise<void> {
    setBusy(true)
    setFailure(null)
    try {
      const page = await api.get(props.path, viewerEventsReport, { query: { ...props.query, cursor: next! } })
      setFurther((before) => [...before, page])
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      setFailure(error)
    } finally {
      setBusy(false)
    }
  }

  return (
    <>
      <Chart
        title="Player events"
        definition="Every event that a player sent while this viewer watched: the day on which it happened, and where in the content. On live, the position is how far the playhead was behind the moment itself. Table and CSV hold all events, drawn or not."
        summary={`Points of ${formatNumberOf(drawing.points.length, 'player event')}, ${formatRange(first)}, by day and position: ${drawnSeries
          .map(({ name, total }) => `${name} ${formatCount(total)}`)
          .join(', ')}.`}
        note={
          next === null ? undefined : (
            <>
              The first {formatCount(items.length)} of {formatCount(total)} events, up to{' '}
              {formatDate(items.at(-1)!.date, 'long')}.
            </>
          )
        }
        drawing={drawing}
        table={{
          header: ['Time', 'Day', 'Event', 'Title', 'Position', 'Position in ms', 'Device', 'Playback'],
          rows: items.map((event) => [
            formatInstant(event.at, first.timeZone),
            event.date,
            event.name,
            event.contentName ?? event.contentId,
            positionOf(event),
            event.position?.ms ?? null,
            deviceOf(event),
            event.viewId,
          ]),
        }}
        fileName={`events-${first.from}-${first.to}`}
        height={380}
        empty={
          total === 0 ? (
            <Empty title="No player events">
              <p>
                No player sent an event for this viewer in {formatRange(first)}. Choose other dates above.
              </p>
            </Empty>
          ) : undefined
        }
        above={
          <ToggleButtonGroup
            aria-label="Events drawn"
            selectionMode="multiple"
            selectedKeys={names}
            onSelectionChange={(keys) =>
              navigate(addressOf(path, search, { events: choiceOf(series, keys as Set<string>) }), {
                replace: true,
              })
            }
            className="flex flex-wrap gap-1 pb-1"
          >
            {series.map(({ name, total: count, glyph, colour }) => (
              <ToggleButton
                key={name}
                id={name}
                className="flex items-center gap-1.5 rounded-md border border-line px-2 py-0.5 text-muted data-hovered:bg-hover data-selected:bg-hover data-selected:text-ink"
              >
                <span aria-hidden="true" style={{ color: `var(--series-${colour + 1})` }}>
                  {glyph}
                </span>
                {name} <span className="text-muted">{formatCount(count)}</span>
              </ToggleButton>
            ))}
          </ToggleButtonGroup>
        }
      />
      {failure && <Failed what="further events" error={failure} onRetry={() => void more()} />}
      {next !== null && !failure && (
        <div>
          <Button isDisabled={isBusy} onPress={() => void more()}>
            {isBusy ? 'Loading…' : 'Load the following events'}
          </Button>
        </div>
      )}
    </>
  )
}
