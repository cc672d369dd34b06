/**
 * Tracking turns what apps, players and servers send into events. The **intake** (`createIntake`) is the way in: it knows
 * the app by its write key, refuses what is wrong event by event, cuts and seals what names a person, and writes the rest
 * to the journal before it answers. The **recorder** reads the journal, drops what came twice, adds what is known (device,
 * country, title, viewer) and inserts into EVENTS. `envelope.ts` is what the two agree on. **Stitching** (`createStitching`)
 * knows who is who: which anonymous subjects and merged viewers are one person, and what may not be used of whom.
 * **Presence** (`createPresenceFeed`) counts in memory, as events are recorded, who is there and what plays.
 */
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Clock } from '../../platform/clock.ts'
import type { Routes } from '../../platform/http/index.ts'
import type { Job } from '../../platform/jobs.ts'
import type { Logger } from '../../platform/log.ts'
import type { Events } from '../../storage/index.ts'
import { createIntakePipeline, type IntakeDependencies } from './intake.ts'
import { intakeRoutes } from './routes.ts'
import type { PersonOf } from './presence-count.ts'
import { createKnownPeople } from './stitching/known-people.ts'
import { createPeople, type People } from './stitching/people.ts'
import { createPublisher } from './stitching/publish.ts'

export { trackingData } from './data-map.ts'
export { encodeEntry, type EntryHeader } from './envelope.ts'
export { encodeImport } from './import-entry.ts'
export { createPresenceFeed, type LiveNews } from './presence-feed.ts'
export { createRecorder } from './recorder.ts'
export type { IntakeAccounts, IntakeDependencies } from './intake.ts'
export type { LinkedDevice, MergeOutcome, People, Person } from './stitching/people.ts'

/** The intake: its routes take Segment's HTTP API and the native wire of players. */
export function createIntake(deps: IntakeDependencies): { routes: Routes } {
  return { routes: intakeRoutes(createIntakePipeline(deps)) }
}

/**
 * How often EVENTS is brought up to who is who: a sign-in counts in reports after this and the recorder's batch. Not more
 * often: see `stitching/slots.ts`.
 */
const PUBLISH_PEOPLE_EVERY_MS = 250

/** Who is who: acts for whoever may change it, and the job that brings EVENTS up to it. */
export interface Stitching {
  readonly people: People
  /** From memory, for presence: what is not known yet is asked for and told. */
  readonly personOf: PersonOf
  /** Calls back when `personOf` says something else of somebody than before. */
  onPeopleLearned(listener: () => void): void
  /** Brings EVENTS up to date now; false when long reports keep it from that. */
  publish(): Promise<boolean>
  /** For the worker. */
  readonly jobs: readonly Job[]
}

export function createStitching(deps: {
  db: NodePgDatabase
  events: Events
  clock: Clock
  log: Logger
}): Stitching {
  const people = createPeople(deps)
  const known = createKnownPeople({ personsOf: people.personsOf, log: deps.log })
  const publisher = createPublisher({ ...deps, onPublished: known.changed })
  return {
    people,
    personOf: known.personOf,
    onPeopleLearned: known.onLearned,
    publish: () => publisher.publish(),
    jobs: [
      {
        name: 'tracking.publish_people',
        everyMs: PUBLISH_PEOPLE_EVERY_MS,
        run: async () => void (await publisher.publish()),
      },
    ],
  }
}
