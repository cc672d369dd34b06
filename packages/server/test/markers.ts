import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { sql } from 'drizzle-orm'
import type { TestRecords } from './records.ts'

/** A text that occurs nowhere else: where it is found, it was written. */
export interface Marker {
  readonly name: string
  readonly text: string
}

export interface Sighting {
  readonly marker: string
  /** A file of the database, or a table. */
  readonly place: string
}

/**
 * Searches the embedded records for markers: every file of the folder, write-ahead log included, and every row of every
 * table; as they are, in lower case, percent-encoded, in hexadecimal and in base64 at any offset.
 */
export async function findMarkers(records: TestRecords, markers: readonly Marker[]): Promise<Sighting[]> {
  if (typeof records.address === 'string')
    throw new Error('files can be searched of the embedded records only')
  await records.db.execute(sql`checkpoint`)
  const needles = markers.map((marker) => ({ marker: marker.name, forms: formsOf(marker.text) }))
  const sightings: Sighting[] = []
  const search = (place: string, content: Buffer) => {
    for (const { marker, forms } of needles) {
      if (forms.some((form) => content.includes(form))) sightings.push({ marker, place })
    }
  }
  const folder = join(dirname(records.address.socketFolder), 'records')
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, file)
    if (statSync(path).isFile()) search(file, readFileSync(path))
  }
  const tables = await records.db.execute<{ name: string }>(
    sql`select table_name as name from information_schema.tables where table_schema = 'public'`,
  )
  for (const { name } of tables.rows) {
    const rows = await records.db.execute(sql`select * from ${sql.identifier(name)}`)
    search(`table ${name}`, Buffer.from(JSON.stringify(rows.rows)))
  }
  return sightings
}

function formsOf(text: string): Buffer[] {
  const forms = [text, text.toLowerCase(), encodeURIComponent(text), Buffer.from(text).toString('hex')]
  for (const encoding of ['base64', 'base64url'] as const) {
    for (const offset of [0, 1, 2]) {
      // The first and the last group depend on the neighbours; those between do not.
      forms.push(
        Buffer.from(`${' '.repeat(offset)}${text}`)
          .toString(encoding)
          .slice(4, -4),
      )
    }
  }
  return [...new Set(forms)].map((form) => Buffer.from(form))
}
