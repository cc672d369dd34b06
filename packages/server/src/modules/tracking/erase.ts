import { z } from 'zod'
import { PURPOSE_BITS } from '@foyer/contracts'
import type { Subject } from '../../platform/ids.ts'
import type { Events } from '../../storage/index.ts'

/** What to erase of EVENTS. */
export interface Erasure {
  /** Names it: the same erasure again, after a crash, takes nothing off twice. */
  readonly id: string
  /** Everybody that the person is: `People.subjectsOf`. At most `ERASE_SUBJECTS_MAX`. */
  readonly subjects: readonly Subject[]
  /** What was recorded until then, epoch ms. What comes late is for a later erasure under another id. */
  readonly before: number
}

/** Subjects in one erasure: their ids stand in each statement. */
export const ERASE_SUBJECTS_MAX = 10_000

/**
 * Deletes everything of some subjects from EVENTS. They must be denied before (`People.deny`), which hides them at once;
 * this takes seconds, as it rewrites every part that has a row of theirs.
 *
 * What they contributed to rollups without people is inserted negated, under tokens, before it is deleted: the sums of
 * everybody else stay exact. Repeating the whole is harmless as long as EVENTS remembers the tokens, which is its last
 * 10,000 inserts; whoever calls keeps until then whether it was done.
 */
export async function eraseFromEvents(events: Events, { id, subjects, before }: Erasure): Promise<void> {
  if (subjects.length === 0) return
  if (subjects.length > ERASE_SUBJECTS_MAX)
    throw new RangeError(`an erasure has at most ${ERASE_SUBJECTS_MAX} subjects, not ${subjects.length}`)
  const params = { subjects, before: new Date(before) }
  for (const rollup of ROLLUPS_WITHOUT_PEOPLE) {
    const contributions = await events.query(contributionsTo(rollup), {
      params: { ...params, analytics: 2 ** PURPOSE_BITS.analytics },
      row: z.record(z.string(), z.unknown()),
    })
    await events.insert(rollup.table, {
      ndjson: contributions.map((row) => JSON.stringify(row)).join('\n'),
      token: `erase:${id}`,
    })
  }
  for (const [table, condition] of TABLES) {
    await events.command(
      `ALTER TABLE ${table} DELETE WHERE subject IN ({subjects:Array(UInt64)}) ${condition} SETTINGS mutations_sync = 2`,
      params,
    )
  }
}

/** Views last, so that what was negated can be counted again until all else is gone. */
const TABLES = [
  ['events', 'AND received_at <= {before:DateTime64(3)}'],
  ['subject_title_day', ''],
  ['subject_day', ''],
  ['bytes_day', ''],
  ['view_revision', 'AND written_at <= {before:DateTime64(3)}'],
] as const

/** A rollup of views whose rows name nobody, all under the purpose analytics. */
interface Rollup {
  readonly table: string
  readonly keys: readonly string[]
  readonly sums: readonly string[]
}

/** All of them: a test compares this list with the tables that views feed. */
export const ROLLUPS_WITHOUT_PEOPLE: readonly Rollup[] = [
  {
    table: 'content',
    keys: [
      'bucket',
      'local_date',
      'service',
      'content_id',
      'content_kind',
      'content_type',
      'platform',
      'country',
    ],
    sums: ['starts', 'streams', 'played_ms', 'stalled_ms'],
  },
  {
    table: 'quality_day',
    keys: ['local_date', 'service', 'platform', 'device_class'],
    sums: ['starts', 'streams', 'played_ms', 'stalled_ms', 'unknown_ms'],
  },
]

/** The negated rows of a rollup; what is summed up follows its materialised view. */
function contributionsTo({ keys, sums }: Rollup): string {
  return `
SELECT ${keys.join(', ')}, ${sums.map((sum) => `-sum(toInt64(${sum}) * sign) AS ${sum}`).join(', ')}
FROM view_revision
WHERE subject IN ({subjects:Array(UInt64)})
  AND written_at <= {before:DateTime64(3)}
  AND bitAnd(consent_mask, {analytics:UInt32}) != 0
GROUP BY ${keys.join(', ')}
HAVING ${sums.map((sum) => `${sum} != 0`).join(' OR ')}
ORDER BY ALL`
}
