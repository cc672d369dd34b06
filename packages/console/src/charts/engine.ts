/**
 * The chart engine with the parts that are used, in a chunk of its own: it is fetched with the first chart. Only
 * `chart-canvas.tsx` imports it, and lazily.
 */
import { BarChart, LineChart, MapChart, PieChart, ScatterChart } from 'echarts/charts'
import { GridComponent, LegendComponent } from 'echarts/components'
import { init, registerMap, use } from 'echarts/core'
import { LabelLayout } from 'echarts/features'
import { CanvasRenderer } from 'echarts/renderers'

use([
  BarChart,
  LineChart,
  MapChart,
  PieChart,
  ScatterChart,
  GridComponent,
  LegendComponent,
  LabelLayout,
  CanvasRenderer,
])

export { init, registerMap }
export type { EChartsType as Engine } from 'echarts/core'
