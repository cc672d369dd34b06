import { AGE_RANGES } from '@foyer/contracts'
import type { Simulated } from './requests.ts'
import { PLANTED } from './planted.ts'
import type { Truth } from './truth.ts'

type LovedSeries = Truth['lovedSeries']
type AgeRange = (typeof AGE_RANGES)[number]

/** Who plays the series that one age bracket loves, beside everything that is played. */
export interface LovedSeriesCounter {
  know(viewer: { number: number; isOfLovingBracket: boolean; ageRange: AgeRange }): void
  /** Somebody signed in played something, whether or not it may be counted. */
  addSignedIn(viewer: number, simulated: Simulated): void
  /** Something that may be counted is this viewer's. */
  addCounted(viewer: number, simulated: Simulated): void
  finish(): LovedSeries
}

/** It keeps two bytes of every viewer. */
export function countLovedSeries(viewers: number): LovedSeriesCounter {
  const isLover = new Uint8Array(viewers + 1)
  const rangeOf = new Uint8Array(viewers + 1)
  const group = { inBracket: { series: 0, all: 0 }, others: { series: 0, all: 0 } }
  const noSums = () => ({ starts: 0, playedMs: 0 })
  const byRange = AGE_RANGES.map(() => ({ series: noSums(), all: noSums() }))

  return {
    know({ number, isOfLovingBracket, ageRange }) {
      isLover[number] = isOfLovingBracket ? 1 : 0
      rangeOf[number] = AGE_RANGES.indexOf(ageRange)
    },
    addSignedIn(viewer, { item }) {
      if (item.kind !== 'view') return
      const counts = isLover[viewer] ? group.inBracket : group.others
      counts.all += 1
      if (isOfSeries(item.content.id)) counts.series += 1
    },
    addCounted(viewer, { item, view }) {
      if (!view || item.kind !== 'view') return
      const { series, all } = byRange[rangeOf[viewer]!]!
      for (const sums of isOfSeries(item.content.id) ? [series, all] : [all]) {
        sums.starts += 1
        for (const { ms } of view.played) sums.playedMs += ms
      }
    },
    finish() {
      const { id, bracket, lift } = PLANTED.lovedSeries
      const byAge = Object.fromEntries(AGE_RANGES.map((range, index) => [range.id, byRange[index]!]))
      return { id, bracket, plantedLift: lift, ...group, byAge }
    },
  }
}

function isOfSeries(contentId: string): boolean {
  return contentId.startsWith(`${PLANTED.lovedSeries.id}-`)
}
