import { PROCESSES } from '../../../e2e/kills.ts'
import { killEachProcess } from '../../../e2e/survives-kills.ts'
import type { Bench } from './bench.ts'

/**
 * Nothing that was acknowledged is lost or counted twice, whichever process is killed. The figure is the worst of all
 * places that are compared: the smaller of stored and planted by the larger, 1 when they are the same.
 */
export const bench: Bench = {
  id: 'B7',
  title: 'stored by acknowledged after kills under load, the worst of events and all rollups',
  hold: { min: 1 },
  async run({ isQuick, report }) {
    const rounds = isQuick ? 1 : 8
    const { kills, acked, planted, stored } = await killEachProcess(rounds)
    const ratios = Object.entries(planted).map(([place, value]) => {
      const found = stored[place] ?? 0
      if (found !== value) report(`${place}: ${found} stored, ${value} planted`)
      return value === found ? 1 : Math.min(value, found) / Math.max(value, found)
    })
    return {
      ratio: Math.min(...ratios),
      figures: { kills, placesCompared: ratios.length, ...acked },
      method: `${rounds} SIGKILL of each of ${PROCESSES.join(', ')} under tracked events, identified people and open views of known play time and bytes, some batches sent twice; events, view revisions and all rollups are compared with what was acknowledged.`,
    }
  },
}
