import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { z } from 'zod'
import { StartupError } from '../../platform/errors.ts'

/**
 * What a backup says of itself, `manifest.json` in its folder. It is written last, so that a folder without one is no
 * backup; and it names every file with its checksum, so that one with another content is none either.
 */
export type Manifest = z.infer<typeof manifestSchema>

/** A file, an empty folder or a link of the backup. */
export type ManifestEntry = z.infer<typeof entrySchema>

/** Version of the layout. Raise it when an older program could not restore what a newer one writes. */
export const BACKUP_FORMAT = 1

const FILE = 'manifest.json'

/** A path may not lead out of the folder: a manifest is input like any other. */
const pathSchema = z
  .string()
  .min(1)
  .refine((path) => !isAbsolute(path) && !path.split('/').includes('..'), 'a path within the backup')

const entrySchema = z.union([
  z.object({ path: pathSchema, bytes: z.int().min(0), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  z.object({ path: pathSchema, isFolder: z.literal(true) }),
  // The engine's links lead from its folders of names to its folders of tables, all relative.
  z.object({ path: pathSchema, linkTo: z.string().refine((to) => !isAbsolute(to), 'a relative link') }),
])

const migrationSchema = z.object({ name: z.string(), checksum: z.string() })

const manifestSchema = z.object({
  format: z.literal(BACKUP_FORMAT),
  /** Version of the program that made it. */
  foyer: z.string(),
  /** The moment that it holds: what was acknowledged until then is in it and nothing else. RFC 3339. */
  at: z.iso.datetime(),
  /** Migrations that each store had. */
  migrations: z.object({ records: z.array(migrationSchema), events: z.array(migrationSchema) }),
  journal: z.object({
    /** The journal that it was made of. A restored one has another id. */
    id: z.string(),
    /** Requests that were acknowledged and not yet recorded. */
    entries: z.int(),
  }),
  /** Rows by table: all tables of RECORDS; of EVENTS those whose rows do not melt together. */
  counts: z.object({
    records: z.record(z.string(), z.int()),
    events: z.record(z.string(), z.int()),
  }),
  /** Fingerprints of the keys without which personal values stay unreadable. */
  keys: z.record(z.string(), z.string()),
  /** For how long others had to wait, ms: the recorder, and whoever wanted RECORDS. */
  held: z.object({ recorderMs: z.number(), recordsMs: z.number() }),
  entries: z.array(entrySchema),
})

/** The manifest as text, with a checksum of itself in its last line. */
export function manifestText(manifest: Manifest): string {
  const { entries, ...rest } = manifest
  const head = JSON.stringify(rest, null, 2).slice(0, -2)
  const lines = entries.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n')
  const text = `${head},\n  "entries": [\n${lines}\n  ],\n`
  return `${text}  "sha256": "${sha256(text)}"\n}\n`
}

/** Reads a backup's manifest. Throws StartupError when there is none, it was changed, or a newer program wrote it. */
export function readManifest(folder: string): Manifest {
  const path = join(folder, FILE)
  if (!existsSync(folder)) throw new StartupError(`There is no backup at ${folder}.`)
  if (!existsSync(path)) {
    throw new StartupError(
      `${folder} is no finished backup: it has no ${FILE}. A folder named …partial… was left by a backup that was interrupted; delete it.`,
    )
  }
  const text = readFileSync(path, 'utf8')
  const [, body, sum] = /^([^]*)  "sha256": "([0-9a-f]{64})"\n\}\n$/.exec(text) ?? []
  if (body === undefined || sha256(body) !== sum) throw damaged(path)
  const raw = JSON.parse(text) as { format?: unknown; foyer?: unknown }
  if (typeof raw.format === 'number' && raw.format > BACKUP_FORMAT) {
    throw new StartupError(
      `The backup ${folder} was made by a newer Foyer (${String(raw.foyer)}). Restore it with that version or a later one.`,
    )
  }
  const parsed = manifestSchema.safeParse(raw)
  if (!parsed.success) throw damaged(path)
  return parsed.data
}

export const MANIFEST_FILE = FILE

function damaged(path: string): StartupError {
  return new StartupError(`${path} is damaged or was changed. Use another backup.`)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
