import { expect, test } from 'vitest'
import type { ViewerEvent } from '@foyer/contracts'
import type { ChartTokens } from '../../charts/tokens.ts'
import { choiceOf, eventsDrawing, namesDrawn, positionAxis, seriesOf } from './events-drawing.ts'

const TYPES = [
  { type: 'play', name: 'Play', total: 1 },
  { type: 'resume', name: 'Play', total: 2 },
  { type: 'rendition', name: 'rendition', total: 40 },
  { type: 'pause', name: 'Pause', total: 2 },
]
const names = (series: readonly { name: string }[]) => series.map(({ name }) => name)

test('types that share a name are one, the six names first', () => {
  expect(seriesOf(TYPES, []).map(({ name, total }) => `${name} ${total}`)).toEqual([
    'Play 3',
    'Pause 2',
    'rendition 40',
  ])
})

test('an event of a type that the totals lack is drawn, and counted', () => {
  const events = [event('Seek', 1), event('brand_new', 2), event('brand_new', 3)]
  const series = seriesOf(TYPES, events)
  expect(series.map(({ name, total }) => `${name} ${total}`)).toEqual([
    'Play 3',
    'Seek 1',
    'Pause 2',
    'rendition 40',
    'brand_new 2',
  ])
  const { points } = eventsDrawing({ report: REPORT, events, series })
  expect(points.map(({ title }) => title)).toEqual(['Seek', 'brand_new', 'brand_new'])
})

test('the six names are drawn unless others are chosen, and the choice comes back from the address', () => {
  const series = seriesOf(TYPES, [])
  expect([...namesDrawn(series, null)]).toEqual(['Play', 'Pause'])
  expect([...namesDrawn(series, 'rendition,Pause,unheard-of')]).toEqual(['Pause', 'rendition'])
  expect(choiceOf(series, new Set(['Pause', 'Play']))).toBeNull()
  for (const drawn of [[], ['Pause'], ['Play', 'Pause', 'rendition']])
    expect([...namesDrawn(series, choiceOf(series, new Set(drawn)))]).toEqual(drawn)
})

test('a viewer of whom only other types are known sees those', () => {
  const series = seriesOf([{ type: 'zap', name: 'zap', total: 3 }], [])
  expect([...namesDrawn(series, null)]).toEqual(['zap'])
})

test('any other type lies below the six', () => {
  const series = seriesOf(TYPES, [])
  const drawing = eventsDrawing({ report: REPORT, events: [], series })
  const drawn = drawing.option(TOKENS)['series'] as { name: string; z: number }[]
  expect(names(drawn.toSorted((a, b) => a.z - b.z))[0]).toBe('rendition')
})

test.each([
  ['begins at 0', [60_000, 7_000_000], 0],
  ['begins at 0 where something lies a few pixels below', [-40, 7_000_000], 0],
  ['reaches down to what lies clearly below', [-600_000, 7_000_000], -1_800_000],
  ['begins at 0 where everything does', [0], 0],
])('the axis of positions %s', (_, positions, min) => {
  expect(positionAxis(positions)).toMatchObject({ min })
})

test('what is drawn at 0 for being a little below tells its exact position', () => {
  const events = [event('Play', -40), event('Pause', 7_000_000)]
  const { points } = eventsDrawing({ report: REPORT, events, series: seriesOf([], events) })
  expect(points[0]!.at![1]).toBe(0)
  expect(points[0]!.details).toContainEqual({ label: 'Position', value: '−0:00.040 (-40 ms)' })
})

const REPORT = {
  service: 'cinema',
  timeZone: 'Europe/Madrid',
  from: '2026-10-24',
  to: '2026-10-26',
  viewerId: 'v1',
  types: TYPES,
  items: [],
  next: null,
}
const TOKENS: ChartTokens = {
  theme: 'light',
  accent: '#00f',
  font: 'sans-serif',
  ink: '#000',
  muted: '#555',
  line: '#ddd',
  control: '#888',
  surface: '#fff',
  series: ['#111', '#222', '#333', '#444', '#555', '#666'],
}

function event(name: string, ms: number): ViewerEvent {
  return {
    eventId: `${name} ${ms}`,
    at: '2026-10-25T10:00:00.000+01:00',
    date: '2026-10-25',
    type: name,
    name,
    contentId: 'harbour',
    contentKind: 'vod',
    contentName: null,
    position: { kind: 'content', ms },
    device: { class: '', platform: '', vendor: '', model: '', os: '', browser: '' },
    viewId: 'view-1',
  }
}
