import { lazy, Suspense, useState, type ReactNode } from 'react'
import { ToggleButton } from 'react-aria-components/ToggleButton'
import { download, toCsv, type Cell } from '../lib/csv.ts'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { DataTable } from '../ui/data-table.tsx'
import type { ChartDrawing } from './drawing.ts'

/** The canvas brings the engine with it; both come with the first chart. */
const PlainCanvas = lazy(async () => ({ default: (await import('./chart-canvas.tsx')).ChartCanvas }))

/** The same with the map of the world, which comes with the first map. */
const WorldCanvas = lazy(async () => {
  const [{ ChartCanvas }] = await Promise.all([import('./chart-canvas.tsx'), import('./world.ts')])
  return { default: ChartCanvas }
})

/** A drawing alone, for cards that have a form of their own; the numbers must stand beside it as text. */
export function Canvas(props: { title: string; summary: string; drawing: ChartDrawing; height: number }) {
  const Drawn = props.drawing.map === 'world' ? WorldCanvas : PlainCanvas
  return (
    <Suspense fallback={<div style={{ height: props.height }} />}>
      <Drawn {...props} />
    </Suspense>
  )
}

/**
 * The one chart of the console. It says what is drawn (title), what that means (definition), what is to be seen
 * (summary, for who cannot see it), and gives the same numbers as a table and as CSV. Its points answer to the mouse and
 * to the keyboard alike.
 */
export function Chart(props: {
  title: string
  definition: string
  /** The picture in a sentence or two. */
  summary: string
  drawing: ChartDrawing
  /** The numbers that are drawn, row by row. */
  table: { readonly header: readonly string[]; readonly rows: readonly (readonly Cell[])[] }
  /** Name of the CSV without ending. */
  fileName: string
  height: number
  note?: ReactNode
  /** Shown instead of chart and table: nothing to draw, and why. */
  empty?: ReactNode
  /** Above the chart: its legend or choices. */
  above?: ReactNode
  className?: string
}) {
  const { title, table, drawing } = props
  const [isTable, setTable] = useState(false)
  return (
    <Card
      title={title}
      definition={props.definition}
      note={props.note}
      className={props.className ?? ''}
      isFlush={isTable && !props.empty}
      actions={
        props.empty ? null : (
          <>
            <ToggleButton
              isSelected={isTable}
              onChange={setTable}
              aria-label={`${title} as a table`}
              className="h-8 rounded-md px-2 font-medium text-muted data-hovered:bg-hover data-hovered:text-ink data-selected:bg-hover data-selected:text-ink"
            >
              Table
            </ToggleButton>
            <Button
              look="quiet"
              aria-label={`Download ${title} as CSV`}
              onPress={() => download(`${props.fileName}.csv`, toCsv(table.header, table.rows))}
            >
              CSV
            </Button>
          </>
        )
      }
    >
      {props.empty ?? (
        <>
          {isTable ? (
            <DataTable caption={title} header={table.header} rows={table.rows} />
          ) : (
            <>
              {props.above}
              <Canvas title={title} summary={props.summary} drawing={drawing} height={props.height} />
            </>
          )}
        </>
      )}
    </Card>
  )
}
