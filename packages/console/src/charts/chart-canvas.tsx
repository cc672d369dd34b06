import { useCallback, useEffect, useEffectEvent, useId, useState, type KeyboardEvent } from 'react'
import { useTheme } from '../lib/theme.ts'
import { baseOption } from './chart-options.ts'
import type { ChartDrawing, ChartPoint } from './drawing.ts'
import { init, type Engine } from './engine.ts'
import { readTokens } from './tokens.ts'

/**
 * Draws a chart and lets its points be reached: by the mouse, and by the arrow keys once the chart has the focus. Both
 * show the same details in the same place, and a screen reader says them.
 */
export function ChartCanvas(props: {
  title: string
  summary: string
  drawing: ChartDrawing
  height: number
}) {
  const { drawing, height } = props
  const { shown: theme } = useTheme()
  const [chart, setChart] = useState<Engine | null>(null)
  const [active, setActive] = useState<number | null>(null)
  const help = useId()

  const host = useCallback((element: HTMLDivElement) => {
    const made = init(element, null, { renderer: 'canvas' })
    const resizing = new ResizeObserver(() => made.resize())
    resizing.observe(element)
    setChart(made)
    return () => {
      resizing.disconnect()
      made.dispose()
    }
  }, [])

  useEffect(() => {
    if (!chart || chart.isDisposed()) return
    const tokens = readTokens(chart.getDom(), theme)
    chart.setOption({ ...baseOption(tokens), ...drawing.option(tokens) }, { notMerge: true })
  }, [chart, drawing, theme])

  const point = useEffectEvent((index: number | null) => setActive(index))
  const select = useEffectEvent((index: number) => drawing.onSelect?.(index))
  const current = useEffectEvent(() => drawing)
  useEffect(() => {
    if (chart)
      listen(chart, {
        drawing: () => current(),
        point: (index) => point(index),
        select: (index) => select(index),
      })
  }, [chart])

  // Another drawing may have fewer points than the one that was pointed at.
  const pointed = active === null ? undefined : drawing.points[active]
  useEffect(() => {
    if (!chart || !pointed) return undefined
    const marks = pointed.marks.map(({ series, index }) => ({ seriesIndex: series, dataIndex: index }))
    for (const mark of marks) chart.dispatchAction({ type: 'highlight', ...mark })
    return () => {
      if (!chart.isDisposed()) for (const mark of marks) chart.dispatchAction({ type: 'downplay', ...mark })
    }
  }, [chart, pointed])

  function onKeyDown(event: KeyboardEvent): void {
    const next = pointAfterKey(event.key, active, drawing.points.length)
    if (next !== undefined) setActive(next)
    else if ((event.key === 'Enter' || event.key === ' ') && active !== null && drawing.onSelect)
      drawing.onSelect(active)
    else return
    event.preventDefault()
  }

  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- A chart whose points the arrow keys visit: no widget role says that, a described group does.
    <div
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- Nothing here is a field of a form.
      role="group"
      aria-roledescription="chart"
      aria-label={props.title}
      aria-describedby={help}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- The one stop of the Tab key for all of its points.
      tabIndex={0}
      className="relative rounded-md"
      onKeyDown={onKeyDown}
      onFocus={(event) => {
        if (active === null && event.target.matches(':focus-visible') && drawing.points.length > 0)
          setActive(0)
      }}
      onBlur={() => setActive(null)}
      onPointerLeave={() => setActive(null)}
    >
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- A canvas drawn by the engine, not a file. */}
      <div role="img" aria-label={props.summary}>
        <div ref={host} aria-hidden="true" style={{ height }} />
      </div>
      <p id={help} className="sr-only">
        Arrow keys go from point to point{drawing.onSelect ? ', Enter selects' : ''}.
      </p>
      <p aria-live="polite" className="sr-only">
        {pointed
          ? `${pointed.title}. ${pointed.details.map((part) => `${part.label}: ${part.value}`).join(', ')}`
          : ''}
      </p>
      {pointed && chart && <Details point={pointed} chart={chart} pointing={drawing.pointing} />}
    </div>
  )
}

/** What a point says, beside it. */
function Details(props: { point: ChartPoint; chart: Engine; pointing: ChartDrawing['pointing'] }) {
  const { point, chart } = props
  const [x, y] = placeOf(point, chart, props.pointing)
  const isRight = x > chart.getWidth() / 2
  const isLow = y > chart.getHeight() / 2
  return (
    <div
      data-testid="chart-details"
      aria-hidden="true"
      className="pointer-events-none absolute z-10 w-max max-w-72 rounded-md border border-line bg-raised px-3 py-2 shadow-lg"
      style={{
        left: x + (isRight ? -12 : 12),
        top: y,
        transform: `translate(${isRight ? '-100%' : '0'}, ${isLow ? '-100%' : '0'})`,
      }}
    >
      <p className="font-medium">{point.title}</p>
      <dl className="grid grid-cols-[auto_auto] gap-x-4">
        {point.details.map((part) => (
          <div key={part.label} className="contents">
            <dt className="text-muted">{part.label}</dt>
            <dd className="text-right break-words">{part.value}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}

function placeOf(point: ChartPoint, chart: Engine, pointing: ChartDrawing['pointing']): [number, number] {
  if (point.area !== undefined) {
    // An area that the map does not draw has no place.
    const place: unknown = chart.convertToPixel({ seriesIndex: 0 }, point.area)
    return Array.isArray(place) ? (place as [number, number]) : [chart.getWidth() / 2, 8]
  }
  if (!point.at) return [chart.getWidth() / 2, 8]
  const [x, y] = chart.convertToPixel({ gridIndex: 0 }, [...point.at]) as [number, number]
  // On an axis the details stand beside the whole bar, at the end where there is room.
  if (pointing === 'x') return [x, 8]
  if (pointing === 'y') return [chart.getWidth() * 0.75, y]
  return [x, y]
}

/** Turns what the engine hears of the mouse into points. */
function listen(
  chart: Engine,
  reader: {
    drawing: () => ChartDrawing
    point: (index: number | null) => void
    select: (index: number) => void
  },
): void {
  const { drawing, point, select } = reader
  const surface = chart.getZr()
  /** On an axis: the point of the place that the mouse is at. */
  const atPlace = (event: { offsetX: number; offsetY: number }): number | null => {
    const { pointing, points } = drawing()
    const place = [event.offsetX, event.offsetY]
    if (pointing === 'mark' || !chart.containPixel({ gridIndex: 0 }, place)) return null
    const [x, y] = chart.convertFromPixel({ gridIndex: 0 }, place) as [number, number]
    const index = pointing === 'x' ? x : y
    return index >= 0 && index < points.length ? index : null
  }
  /** The point of a mark, where marks are what is pointed at. */
  const ofMark = (mark: { seriesIndex?: number; dataIndex?: number }): number => {
    const { pointing, points } = drawing()
    if (pointing !== 'mark') return -1
    return points.findIndex(({ marks }) =>
      marks.some((part) => part.series === mark.seriesIndex && part.index === mark.dataIndex),
    )
  }
  surface.on('mousemove', (event) => {
    if (drawing().pointing !== 'mark') point(atPlace(event))
  })
  surface.on('click', (event) => {
    const index = atPlace(event)
    if (index !== null) select(index)
  })
  chart.on('mouseover', (mark) => {
    const index = ofMark(mark)
    if (index >= 0) point(index)
  })
  chart.on('mouseout', () => {
    if (drawing().pointing === 'mark') point(null)
  })
  chart.on('click', (mark) => {
    const index = ofMark(mark)
    if (index >= 0) select(index)
  })
}

/** Where a key leads; undefined for a key that leads nowhere, null away from all points. */
function pointAfterKey(key: string, active: number | null, count: number): number | null | undefined {
  if (count === 0) return undefined
  const last = count - 1
  const from = active ?? -1
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return Math.min(last, from + 1)
    case 'ArrowLeft':
    case 'ArrowUp':
      return Math.max(0, from - 1)
    case 'PageDown':
      return Math.min(last, from + 10)
    case 'PageUp':
      return Math.max(0, from - 10)
    case 'Home':
      return 0
    case 'End':
      return last
    case 'Escape':
      return active === null ? undefined : null
    default:
      return undefined
  }
}
