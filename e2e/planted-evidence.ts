import { openWorld, PLANTED, type WorldOptions } from '@foyer/simulator'

/** What planted facts are told by. */

/** Something that a person did while signed in. */
export interface Evidence {
  readonly vid: string
  readonly at: number
  readonly type: string
  readonly name: string
  readonly cdn: string
  readonly contentId: string
}

/** What somebody's last days say; null when they say too little. The match is watched whatever else is. */
export function causeOf(rows: readonly Evidence[]): string | null {
  if (rows.some(({ name }) => name === 'Plans and prices')) return 'price'
  const plays = rows.filter(({ type, contentId }) => type === 'play' && contentId !== PLANTED.match.channelId)
  if (plays.length < 2) return null
  const bad = PLANTED.cdns.find(({ isBad }) => isBad)!.name
  if (plays.every(({ cdn }) => cdn === bad)) return 'rebuffering'
  if (plays.every(({ contentId }) => contentId.startsWith(`${PLANTED.lovedSeries.id}-`)))
    return 'series_finished'
  return null
}

/** On how many devices each account played what may be counted, and on how many at once, by what was planned. */
export function useByAccount(
  options: WorldOptions,
): ReadonlyMap<string, { devices: number; atOnce: number }> {
  const world = openWorld(options)
  const views = [...world.history()].flatMap(({ item, view }) =>
    view && item.kind === 'view' && item.viewer !== null && item.consentMask === undefined
      ? [{ viewer: item.viewer, device: item.device.deviceId, from: view.events[0]!.ts, to: view.endedAt }]
      : [],
  )
  const externalIds = new Map([...world.viewers()].map(({ number, externalId }) => [number, externalId]))
  return new Map(
    [...Map.groupBy(views, ({ viewer }) => viewer)].map(([viewer, own]) => [
      externalIds.get(viewer)!,
      {
        devices: new Set(own.map(({ device }) => device)).size,
        // Most are at once at the moment when one of them begins.
        atOnce: Math.max(
          ...own.map(({ from: at }) => own.filter(({ from, to }) => from <= at && at < to).length),
        ),
      },
    ]),
  )
}
