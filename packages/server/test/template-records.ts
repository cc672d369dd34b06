import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { createLogger } from '../src/platform/log.ts'
import { migrateRecords } from '../src/storage/records/migrate-records.ts'
import { openRecords } from '../src/storage/records/open-records.ts'
import { readMigrations } from '../src/storage/migrations.ts'
import { databaseUrl, startTestRecordsProcess } from './start-records-process.ts'

/**
 * A migrated and empty database of each back end, made once and copied for each test file. It is kept between runs under
 * a name made of what it depends on.
 */
export async function prepareRecords(): Promise<{
  recordsTemplate: string
  recordsTemplateDatabase: string
}> {
  const version = templateVersion()
  const recordsTemplate = join(tmpdir(), `foyer-test-records-${version}`)
  if (!existsSync(recordsTemplate)) await buildFolder(recordsTemplate)
  const recordsTemplateDatabase = `foyer_template_${version}`
  const server = process.env['TEST_POSTGRES_URL']
  if (server) await buildDatabase(server, recordsTemplateDatabase)
  return { recordsTemplate, recordsTemplateDatabase }
}

function templateVersion(): string {
  const hash = createHash('sha256')
  for (const { name, checksum } of readMigrations('records')) hash.update(`${name} ${checksum}\n`)
  for (const file of ['engine.ts', 'migrate-records.ts']) {
    hash.update(readFileSync(fileURLToPath(new URL(`../src/storage/records/${file}`, import.meta.url))))
  }
  hash.update(readFileSync(createRequire(import.meta.url).resolve('@electric-sql/pglite')))
  return hash.digest('hex').slice(0, 12)
}

/** Built aside and renamed, so that another run never sees half of it; who comes second throws theirs away. */
async function buildFolder(place: string): Promise<void> {
  const base = mkdtempSync(join(tmpdir(), 'foyer-test-build-'))
  try {
    const folder = join(base, 'records')
    const socketFolder = join(base, 'run')
    const engine = await startTestRecordsProcess({ folder, socketFolder, isDurable: false })
    const records = openRecords({ socketFolder }, { log: quiet })
    await migrateRecords(records)
    await records.close()
    await engine.stop()
    mkdirSync(tmpdir(), { recursive: true })
    if (!existsSync(place)) renameSync(folder, place)
  } catch (error) {
    if (!existsSync(place)) throw error
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
}

async function buildDatabase(server: string, name: string): Promise<void> {
  const client = new Client(server)
  await client.connect()
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name])
    if (rowCount) return
    const unfinished = `${name}_${process.pid}`
    await client.query(`CREATE DATABASE ${unfinished} TEMPLATE template0 ENCODING 'UTF8'`)
    const records = openRecords(databaseUrl(server, unfinished), { log: quiet })
    await migrateRecords(records)
    await records.close()
    await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${name}`)
  } finally {
    await client.end()
  }
}

const quiet = createLogger({ role: 'test', level: 'silent' })
