import type { EChartsCoreOption } from 'echarts/core'
import { LOCALE } from '../lib/locale.ts'
import type { ChartTokens } from './tokens.ts'

/** Parts that all charts share, so that they look alike. */

/** What holds for every chart: no motion, nothing that the engine would say by itself. */
export function baseOption(tokens: ChartTokens): EChartsCoreOption {
  return {
    animation: false,
    textStyle: { fontFamily: tokens.font, fontSize: 12, color: tokens.muted },
    aria: { enabled: false },
  }
}

/** An axis of named places. With few of them every name is drawn. */
export function categoryAxis(tokens: ChartTokens, names: readonly string[], more: object = {}): object {
  return {
    type: 'category',
    data: names,
    axisLine: { lineStyle: { color: tokens.control } },
    axisTick: { show: false },
    axisLabel: { ...labelOf(tokens), hideOverlap: true, ...(names.length <= 10 ? { interval: 0 } : {}) },
    ...more,
  }
}

/** An axis of numbers, from zero, without halves where counts are meant. */
export function countAxis(tokens: ChartTokens, more: object = {}): object {
  return {
    type: 'value',
    minInterval: 1,
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: tokens.line } },
    axisLabel: { ...labelOf(tokens), formatter: (value: number) => compact.format(value) },
    ...more,
  }
}

/** Room around an axis with a title: the engine measures labels and titles, however wide they are. */
export const TITLED_GRID = { outerBoundsMode: 'same', outerBoundsContain: 'all' }

/** The title of an axis: what it measures, with the unit. It keeps clear of the labels by itself in a `TITLED_GRID`. */
export function axisTitle(tokens: ChartTokens, name: string): object {
  return {
    name,
    nameLocation: 'middle',
    nameGap: 8,
    nameTextStyle: { color: tokens.muted, fontSize: 12, fontFamily: tokens.font },
  }
}

export function labelOf(tokens: ChartTokens): { color: string; fontSize: number; fontFamily: string } {
  return { color: tokens.muted, fontSize: 12, fontFamily: tokens.font }
}

const compact = new Intl.NumberFormat(LOCALE, { notation: 'compact', maximumFractionDigits: 1 })
