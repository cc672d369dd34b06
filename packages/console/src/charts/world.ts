/**
 * The map of the world (Natural Earth by way of world-atlas, 1:110,000,000), known to the engine as `world`: areas are
 * named by the ISO 3166-1 alpha-2 code of their country. Only maps import it, and lazily.
 */
import codes from 'i18n-iso-countries/codes.json'
import { feature } from 'topojson-client'
import atlas from 'world-atlas/countries-110m.json'
import { registerMap } from './engine.ts'

type Atlas = Parameters<typeof feature>[0]
type Countries = Extract<Atlas['objects'][string], { type: 'GeometryCollection' }>

/** Nobody watches there, and it would take a fifth of the height. */
const ANTARCTICA = '010'
/** Areas to which the atlas gives no number. The others without one are no countries of ISO 3166. */
const CODES_BY_NAME: Readonly<Record<string, string>> = { Kosovo: 'XK' }

const alpha2 = new Map(codes.map(([two, , numeric]) => [numeric, two]))
const { features } = feature(atlas as unknown as Atlas, atlas.objects.countries as unknown as Countries)
type Geometry = (typeof features)[number]['geometry']

registerMap('world', {
  geoJSON: {
    type: 'FeatureCollection',
    features: features
      .filter(({ id }) => id !== ANTARCTICA)
      .map((area) => ({ ...area, geometry: inOnePiece(area.geometry), properties: { name: nameOf(area) } })),
  } as never,
  specialAreas: {},
})

function nameOf({ id, properties }: (typeof features)[number]): string {
  const name = String(properties?.['name'])
  return alpha2.get(String(id)) ?? CODES_BY_NAME[name] ?? name
}

/**
 * Land that crosses the 180th meridian goes on east of it: the atlas is made for globes, and on a flat map the outline would
 * run back across the whole world.
 */
function inOnePiece(geometry: Geometry): Geometry {
  if (geometry.type === 'Polygon') return { ...geometry, coordinates: geometry.coordinates.map(unwrap) }
  if (geometry.type === 'MultiPolygon')
    return { ...geometry, coordinates: geometry.coordinates.map((rings) => rings.map(unwrap)) }
  return geometry
}

function unwrap(ring: number[][]): number[][] {
  const crosses = ring.some(
    ([longitude], index) => Math.abs(longitude! - (ring[index - 1]?.[0] ?? longitude!)) > 180,
  )
  if (!crosses) return ring
  return ring.map(([longitude, latitude]) => [longitude! < 0 ? longitude! + 360 : longitude!, latitude!])
}
