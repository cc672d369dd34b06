import { createHash } from 'node:crypto'
import type { Position } from '../src/storage/index.ts'
import { openLmdbRecorderState } from '../src/storage/journal/lmdb-recorder-state.ts'

/**
 * Seals and unseals batch after batch until it is killed, and says on stdout which step it has finished. Batch n covers
 * position n, sees 500 keys made of n, remembers view n and holds 200 KB of rows. Argument: folder.
 */
const state = openLmdbRecorderState(process.argv[2]!, { journalId: 'journal' })
if (state.sealed()) await state.unseal()
for (;;) {
  const number = state.nextNumber()
  const keys = Array.from({ length: 500 }, (_, i) => ({ key: keyOf(`${number}:${i}`), expiresAt: null }))
  const value = Buffer.from(String(number))
  await state.seal(
    {
      number,
      upTo: number as Position,
      inserts: [{ table: 'events', token: `t${number}`, ndjson: Buffer.alloc(200_000, number % 256) }],
      links: [],
    },
    { seen: keys, remember: [{ kind: 'view', key: 'latest', value, dueAt: number }] },
  )
  process.stdout.write(`sealed ${number}\n`)
  await state.unseal()
  process.stdout.write(`unsealed ${number}\n`)
}

function keyOf(text: string): Uint8Array {
  return createHash('sha256').update(text).digest().subarray(0, 16)
}
