/**
 * Tracking turns what apps, players and servers send into events. The **intake** (`createIntake`) is the way in: it knows
 * the app by its write key, refuses what is wrong event by event, cuts and seals what names a person, and writes the rest
 * to the journal before it answers. The **recorder** reads the journal, drops what came twice, adds what is known (device,
 * country, title, viewer) and inserts into EVENTS. `envelope.ts` is what the two agree on. **Presence**
 * (`createPresenceFeed`) counts in memory, as events are recorded, who is there and what plays.
 */
import type { Routes } from '../../platform/http/index.ts'
import { createIntakePipeline, type IntakeDependencies } from './intake.ts'
import { intakeRoutes } from './routes.ts'

export { trackingData } from './data-map.ts'
export { encodeEntry, type EntryHeader } from './envelope.ts'
export { encodeImport } from './import-entry.ts'
export { everybodyThemselves, type PersonOf } from './presence-count.ts'
export { createPresenceFeed, type LiveNews } from './presence-feed.ts'
export { recorderSettings } from './recorder-settings.ts'
export { createRecorder } from './recorder.ts'
export { trackingSettings } from './settings.ts'
export type { IntakeAccounts, IntakeDependencies } from './intake.ts'

/** The intake: its routes take Segment's HTTP API and the native wire of players. */
export function createIntake(deps: IntakeDependencies): { routes: Routes } {
  return { routes: intakeRoutes(createIntakePipeline(deps)) }
}
