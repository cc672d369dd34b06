import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openLmdbJournal } from '../src/storage/journal/lmdb-journal.ts'

/**
 * Fills the disk under a journal and says as JSON what happened. Arguments: folder; `mount` when it is a small file
 * system, `limit` when the process may write no larger files for the time being.
 */
const [folder, kind] = process.argv.slice(2) as [string, 'mount' | 'limit']
const filler = join(folder, 'filler')
writeFileSync(filler, Buffer.alloc(2_000_000))

function makeSpace(): void {
  if (kind === 'mount') rmSync(filler)
  else execFileSync('sh', ['-c', `exec prlimit --pid ${process.pid} --fsize=unlimited`])
}
const options = { bytesMax: 1_000_000_000, entriesMax: 1_000_000 }
const journal = openLmdbJournal(join(folder, 'journal'), options)
const entry = (n: number) => Buffer.alloc(50_000, n % 256)

const acked: number[] = []
const refused: string[] = []
for (let n = 0; n < 200 && refused.length < 20; n++) {
  await journal.append(entry(n)).then(
    () => acked.push(n),
    (error: { code: string; headers: Record<string, string> }) =>
      refused.push(`${error.code} ${error.headers['Retry-After']}`),
  )
}
const whileFull = numbers(journal)
makeSpace()
const after: string[] = []
for (let n = 200; n < 210; n++) {
  await journal.append(entry(n)).then(
    () => acked.push(n),
    (error: Error) => after.push(error.message),
  )
}
const inTheEnd = numbers(journal)
await journal.close()
const reopened = openLmdbJournal(join(folder, 'journal'), options)
const answer = {
  acked,
  refused,
  whileFull,
  after,
  inTheEnd,
  reopened: numbers(reopened),
}
await reopened.close()
process.stdout.write(JSON.stringify(answer))

/** Which entries are there, whole. */
function numbers(from: typeof journal): number[] {
  return from.read(null, { entries: 10_000, bytes: 1e9 }).map(({ entry: bytes }) => {
    const number = bytes[0]!
    return bytes.byteLength === 50_000 && bytes.every((byte) => byte === number) ? number : -1
  })
}
