import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openTestEvents, type TestEmbeddedEvents } from '../../../test/events.ts'
import { readMigrations } from '../migrations.ts'
import type { Events } from './events.ts'
import { migrateEvents } from './migrate.ts'

let opened: TestEmbeddedEvents[] = []
afterEach(async () => {
  await Promise.all(opened.map((each) => each.close()))
  opened = []
})

async function emptyEvents(): Promise<TestEmbeddedEvents> {
  const store = await openTestEvents({ isMigrated: false })
  opened.push(store)
  return store
}

const all = readMigrations('events')

/** Everything that migrations decide: tables with their engines and settings, columns, dictionaries and functions. */
async function schemaOf(events: Events): Promise<Record<string, string>> {
  const parts = await events.query(
    `SELECT concat('table ', name) AS name, create_table_query AS text FROM system.tables WHERE database = currentDatabase()
     UNION ALL
     SELECT concat('column ', table, '.', name), toJSONString(map(
       'type', type, 'position', toString(position), 'default', concat(default_kind, ' ', default_expression),
       'comment', comment, 'codec', compression_codec,
       'in', concat(toString(is_in_partition_key), toString(is_in_sorting_key), toString(is_in_primary_key))))
     FROM system.columns WHERE database = currentDatabase()
     UNION ALL
     SELECT concat('dictionary ', name), toJSONString(map(
       'type', type, 'source', source, 'key', toString(key.names), 'values', toString(attribute.names),
       'types', toString(attribute.types), 'lifetime', concat(toString(lifetime_min), '-', toString(lifetime_max))))
     FROM system.dictionaries WHERE database = currentDatabase()
     UNION ALL
     SELECT concat('function ', name), create_query FROM system.functions WHERE origin = 'SQLUserDefined'`,
    { row: z.object({ name: z.string(), text: z.string() }) },
  )
  // Each table is given a random identity where it is made.
  return Object.fromEntries(
    parts.map(({ name, text }) => [name, text.replaceAll(/ UUID '[^']+'/g, '')]).sort(),
  )
}

describe('migrations of the events', () => {
  it('one release after another make the same schema as all at once do in an empty folder', async () => {
    const [upgraded, fresh] = await Promise.all([emptyEvents(), emptyEvents()])
    for (let count = 1; count <= all.length; count += 1) {
      // Each release starts its own engine on the folder that the one before has left.
      if (count > 1) {
        await upgraded.process().close()
        await upgraded.restart()
      }
      expect(await migrateEvents(upgraded.events, all.slice(0, count))).toEqual({
        applied: [all[count - 1]!.name],
      })
    }
    expect(await migrateEvents(fresh.events)).toEqual({ applied: all.map(({ name }) => name) })
    const schema = await schemaOf(upgraded.events)
    expect(schema).toEqual(await schemaOf(fresh.events))
    const kinds = new Set(Object.keys(schema).map((name) => name.split(' ')[0]))
    expect([...kinds].sort()).toEqual(['column', 'dictionary', 'function', 'table'])
  })

  it('that are run a second time leave the same schema', async () => {
    const [repeated, fresh] = await Promise.all([emptyEvents(), emptyEvents()])
    await migrateEvents(repeated.events)
    await repeated.events.command('TRUNCATE TABLE foyer_migration')
    await migrateEvents(repeated.events)
    await migrateEvents(fresh.events)
    expect(await schemaOf(repeated.events)).toEqual(await schemaOf(fresh.events))
  })

  it.each([
    ['a column', 'ALTER TABLE events ADD COLUMN planted UInt8'],
    ['a comment', "ALTER TABLE events COMMENT COLUMN name 'planted'"],
    ['a setting of a table', 'ALTER TABLE person_of MODIFY SETTING non_replicated_deduplication_window = 5'],
    ['a function', 'CREATE OR REPLACE FUNCTION foyer_slot AS () -> 1'],
    [
      'a dictionary',
      "CREATE OR REPLACE DICTIONARY person_0 (subject UInt64, person UInt64) PRIMARY KEY subject SOURCE(CLICKHOUSE(TABLE 'person_link')) LAYOUT(HASHED()) LIFETIME(9)",
    ],
  ])('are compared closely enough to see another %s', async (_what, statement) => {
    const { events } = await emptyEvents()
    await migrateEvents(events)
    const before = await schemaOf(events)
    await events.command(statement)
    expect(await schemaOf(events)).not.toEqual(before)
  })
})
