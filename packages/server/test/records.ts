import { constants, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { inject } from 'vitest'
import { createLogger } from '../src/platform/log.ts'
import { openRecords, type OpenRecordsOptions } from '../src/storage/records/open-records.ts'
import type { Records } from '../src/storage/records/records.ts'
import type { TestRecordsProcessOptions } from './records-process.ts'
import { databaseUrl, startTestRecordsProcess } from './start-records-process.ts'

export type RecordsBackend = 'embedded' | 'postgres'

/** Back ends that this run can test: the embedded one always, PostgreSQL when TEST_POSTGRES_URL names a server. */
export function recordsBackends(): RecordsBackend[] {
  return process.env['TEST_POSTGRES_URL'] ? ['embedded', 'postgres'] : ['embedded']
}

export interface TestRecordsOptions extends Partial<OpenRecordsOptions> {
  readonly backend?: RecordsBackend
  /** Limits of the embedded process. It does without fsync unless told otherwise, to be quick. */
  readonly process?: Omit<Partial<TestRecordsProcessOptions>, 'folder' | 'socketFolder'>
}

/**
 * Migrated, empty records of their own for a test file:
 *
 *     const records = await openTestRecords()
 *     afterAll(() => records.close())
 */
export async function openTestRecords(options: TestRecordsOptions = {}): Promise<TestRecords> {
  return options.backend === 'postgres' ? openPostgres(options) : openEmbedded(options)
}

export interface TestRecords extends Records {
  /** Another client of the same database, as a second process would hold. */
  openClient(options?: Partial<OpenRecordsOptions>): Records
  /** Where it is, for a program that is given the address. */
  readonly address: string | { readonly socketFolder: string }
}

async function openEmbedded(options: TestRecordsOptions): Promise<TestRecords> {
  const base = mkdtempSync(join(tmpdir(), 'foyer-test-'))
  const folder = join(base, 'records')
  const socketFolder = join(base, 'run')
  copyRecordsTemplate(folder)
  const engine = await startTestRecordsProcess({
    isDurable: false,
    ...options.process,
    folder,
    socketFolder,
  })
  return withClients({ socketFolder }, options, async () => {
    await engine.kill()
    rmSync(base, { recursive: true, force: true })
  })
}

/** Puts a migrated, empty data folder of the embedded records at `folder`. */
export function copyRecordsTemplate(folder: string): void {
  cpSync(inject('recordsTemplate'), folder, { recursive: true, mode: constants.COPYFILE_FICLONE })
}

async function openPostgres(options: TestRecordsOptions): Promise<TestRecords> {
  const server = process.env['TEST_POSTGRES_URL']!
  const name = `foyer_test_${process.pid}_${nextDatabase++}`
  await onServer(server, `CREATE DATABASE ${name} TEMPLATE ${inject('recordsTemplateDatabase')}`)
  return withClients(databaseUrl(server, name), options, () =>
    onServer(server, `DROP DATABASE ${name} WITH (FORCE)`),
  )
}

let nextDatabase = 0

function withClients(
  address: TestRecords['address'],
  options: TestRecordsOptions,
  remove: () => Promise<void>,
): TestRecords {
  const opened: Records[] = []
  const openClient = (own: Partial<OpenRecordsOptions> = {}): Records => {
    const records = openRecords(address, { log: quiet, ...options, ...own })
    opened.push(records)
    return records
  }
  const main = openClient()
  return {
    db: main.db,
    pool: main.pool,
    check: () => main.check(),
    address,
    openClient,
    async close() {
      for (const { pool } of opened) if (!pool.ended && !pool.ending) await pool.end()
      await remove()
    },
  }
}

async function onServer(server: string, sql: string): Promise<void> {
  const client = new Client(server)
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

const quiet = createLogger({ role: 'test', level: 'silent' })

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the migrated template of the embedded records. */
    recordsTemplate: string
    /** Name of the migrated template database on the TEST_POSTGRES_URL server. */
    recordsTemplateDatabase: string
  }
}
