import type { EChartsCoreOption } from 'echarts/core'
import type { ChartTokens } from './tokens.ts'

/** What a chart draws and what its points say. */
export interface ChartDrawing {
  /** The engine's option in the colours of the theme. */
  readonly option: (tokens: ChartTokens) => EChartsCoreOption
  /** In the order in which the arrow keys visit them. */
  readonly points: readonly ChartPoint[]
  /** A map that the option draws on: it is fetched with the engine. */
  readonly map?: 'world'
  /**
   * What the mouse points at: the mark itself (pie, scatter), or the place on the x or y axis, however small the mark
   * there is (bars, lines). On an axis, points stand in the axis's order.
   */
  readonly pointing: 'mark' | 'x' | 'y'
  /** Called for a click on a point, and for Enter and Space. */
  readonly onSelect?: (point: number) => void
}

/** Something in a chart that can be pointed at. */
export interface ChartPoint {
  readonly title: string
  readonly details: readonly { readonly label: string; readonly value: string }[]
  /** The marks that it is made of, as the engine counts them. */
  readonly marks: readonly { readonly series: number; readonly index: number }[]
  /** Where the details appear, in values of the axes; absent: at the chart's top. */
  readonly at?: readonly [x: number | string, y: number | string]
  /** On a map instead: the area in whose middle they appear. */
  readonly area?: string
}
