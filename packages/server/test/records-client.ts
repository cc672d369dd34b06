import { createLogger } from '../src/platform/log.ts'
import { openRecords, type RecordsAddress } from '../src/storage/records/open-records.ts'

/** A process that runs a statement in a transaction, says so, and then does nothing more until it is killed. */
if (process.send) {
  const { address, sql } = JSON.parse(process.argv[2]!) as { address: RecordsAddress; sql: string }
  const records = openRecords(address, { log: createLogger({ role: 'test', level: 'silent' }) })
  const client = await records.pool.connect()
  await client.query('BEGIN')
  await client.query(sql)
  process.send('in transaction')
}
