import { formatCountry } from '../lib/format.ts'
import type { ChartDrawing, ChartPoint } from './drawing.ts'
import type { ChartTokens } from './tokens.ts'

/** A country with its number; `code` is ISO 3166-1 alpha-2. */
export interface CountryValue {
  readonly code: string
  readonly value: number
  readonly details: ChartPoint['details']
}

/** Countries by shade: the stronger, the more. Arrow keys visit them in the order given. */
export function worldDrawing(countries: readonly CountryValue[]): ChartDrawing {
  const most = Math.max(1, ...countries.map(({ value }) => value))
  return {
    map: 'world',
    pointing: 'mark',
    points: countries.map(({ code, details }, index) => ({
      title: formatCountry(code),
      details,
      marks: [{ series: 0, index }],
      area: code,
    })),
    option: (tokens) => ({
      series: [
        {
          type: 'map',
          map: 'world',
          left: 4,
          right: 4,
          top: 4,
          bottom: 4,
          preserveAspect: 'contain',
          selectedMode: false,
          label: { show: false },
          itemStyle: { areaColor: tokens.line, borderColor: tokens.surface, borderWidth: 0.6 },
          emphasis: {
            label: { show: false },
            itemStyle: { areaColor: 'inherit', borderColor: tokens.ink, borderWidth: 1.2 },
          },
          data: countries.map(({ code, value }) => ({
            name: code,
            value,
            itemStyle: { areaColor: shade(value / most, tokens) },
          })),
        },
      ],
    }),
  }
}

/** Roots, since a home country would leave nothing of the others; the weakest shade is still no empty land. */
function shade(part: number, { accent }: ChartTokens): string {
  const [red, green, blue] = accent.match(/[\d.]+/g) ?? []
  return `rgba(${red}, ${green}, ${blue}, ${(0.25 + 0.75 * Math.sqrt(part)).toFixed(3)})`
}
