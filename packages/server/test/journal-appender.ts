import { openLmdbJournal } from '../src/storage/journal/lmdb-journal.ts'

/**
 * Appends to a journal until it is killed, and says on stdout the position of each entry that was acknowledged. Lanes
 * append concurrently, as requests do. Arguments: folder, name, entries to append (0: for ever), bytes of an entry.
 */
const [folder, name, countText, bytesText] = process.argv.slice(2)
const last = Number(countText) === 0 ? Infinity : Number(countText)
const journal = openLmdbJournal(folder!, { bytesMax: 1_000_000_000, entriesMax: 10_000_000 })
let next = 0

async function lane(): Promise<void> {
  while (next < last) {
    const text = `${name}:${next++}:`
    const position = await journal.append(Buffer.from(text.padEnd(Number(bytesText), 'x')))
    process.stdout.write(`${position} ${text}\n`)
  }
}

try {
  await Promise.all(Array.from({ length: 16 }, lane))
} catch (error) {
  process.stdout.write(`refused ${(error as { code?: string }).code}\n`)
}
await journal.close()
