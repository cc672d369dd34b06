import { randomUUID } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import type { EngineLimits, EventsProcessLimits } from '../src/storage/events/limits.ts'
import { openEvents, type EventsOptions } from '../src/storage/events/clickhouse.ts'
import type { Events } from '../src/storage/events/events.ts'
import { migrateEvents } from '../src/storage/events/migrate.ts'
import { startEventsProcess, type TestEventsProcess } from './events-process.ts'
import { eventsTemplate } from './template-events.ts'

/** EVENTS of one test, migrated and empty. */
export interface TestEvents {
  readonly events: Events
  close(): Promise<void>
}

/** EVENTS in a process of its own, which the test may end and start again. */
export interface TestEmbeddedEvents extends TestEvents {
  readonly folder: string
  readonly socketPath: string
  /** The process; another one after `restart`. */
  process(): TestEventsProcess
  /** Starts a new process on the same folder, after the old one was killed or closed. */
  restart(): Promise<void>
}

export interface TestEventsOptions {
  settings?: Partial<EngineLimits & EventsProcessLimits>
  options?: EventsOptions
  environment?: Record<string, string>
  /** Without: an empty folder that nobody migrated. */
  isMigrated?: boolean
}

/** Opens chDB on a copy of the migrated template. */
export async function openTestEvents({
  settings = {},
  options = {},
  environment = {},
  isMigrated = true,
}: TestEventsOptions = {}): Promise<TestEmbeddedEvents> {
  const root = mkdtempSync(join(tmpdir(), 'foyer-events-'))
  const folder = join(root, 'events')
  const socketPath = join(root, 'events.sock')
  // Tables are reached through relative links, which must stay as they are.
  if (isMigrated) cpSync(await eventsTemplate(), folder, { recursive: true, verbatimSymlinks: true })
  const start = () => startEventsProcess({ folder, socketPath, settings, environment })
  let child = await start()
  const events = openEvents({ socketPath }, options)
  return {
    events,
    folder,
    socketPath,
    process: () => child,
    async restart() {
      child = await start()
    },
    async close() {
      await events.close()
      // Nothing of a test's store is kept, so nobody waits for a clean end.
      await child.kill()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/**
 * What a contract test runs against: chDB always, and the ClickHouse at TEST_CLICKHOUSE_URL
 * (`http://user:password@host:port`), in a fresh database each time, when that is set.
 */
export function eventsBackends(): { name: string; open(options?: EventsOptions): Promise<TestEvents> }[] {
  const url = process.env['TEST_CLICKHOUSE_URL']
  return [
    { name: 'chDB', open: (options = {}) => openTestEvents({ options }) },
    ...(url ? [{ name: 'ClickHouse', open: (options = {}) => openTestClickHouse(url, options) }] : []),
  ]
}

async function openTestClickHouse(url: string, options: EventsOptions): Promise<TestEvents> {
  const database = `foyer_test_${randomUUID().replaceAll('-', '')}`
  const root = createClient({ url })
  await root.command({ query: `CREATE DATABASE ${database}` })
  const events = openEvents({ url: new URL(`/${database}`, url).href }, options)
  await migrateEvents(events)
  return {
    events,
    async close() {
      await events.close()
      await root.command({ query: `DROP DATABASE ${database} SYNC` })
      await root.close()
    },
  }
}
