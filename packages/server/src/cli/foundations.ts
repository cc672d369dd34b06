import type { Foundations } from '../app.ts'
import { systemRandom } from '../platform/ids.ts'
import type { Logger } from '../platform/log.ts'
import { createMetrics } from '../platform/metrics.ts'
import type { Configuration } from './configuration.ts'
import type { DataFolder } from './data-folder.ts'
import { clockOf, openStores } from './stores.ts'

/** What modules stand on in a process: clients of the stores, time, randomness, metrics under the process' role. */
export function layFoundations(
  { configuration, folder, log }: { configuration: Configuration; folder: DataFolder; log: Logger },
  role: string,
): { foundations: Foundations; close(): Promise<void> } {
  const clock = clockOf(configuration, folder)
  const stores = openStores(configuration, folder, { clock, log })
  const metrics = createMetrics(role)
  return {
    foundations: { ...stores, configuration, folder, clock, random: systemRandom, log, metrics },
    close: stores.close,
  }
}
