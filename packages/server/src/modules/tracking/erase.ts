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
 * What they contributed to the rollup without people is inserted negated, under a token, before it is deleted: the sums
 * of everybody else stay exact. Repeating the whole is harmless as long as EVENTS remembers the token, which is its last
 * 10,000 inserts; whoever calls keeps until then whether it was done.
 */
export async function eraseFromEvents(events: Events, { id, subjects, before }: Erasure): Promise<void> {
  if (subjects.length === 0) return
  if (subjects.length > ERASE_SUBJECTS_MAX)
    throw new RangeError(`an erasure has at most ${ERASE_SUBJECTS_MAX} subjects, not ${subjects.length}`)
  const params = { subjects, before: new Date(before) }
  const contributions = await events.query(CONTRIBUTIONS, {
    params: { ...params, analytics: 2 ** PURPOSE_BITS.analytics },
    row: contribution,
  })
  await events.insert('content', {
    ndjson: contributions.map((row) => JSON.stringify(row)).join('\n'),
    token: `erase:${id}`,
  })
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

/** The negated rows of the rollup `content`; what they sum up follows the view `content_of_views`. */
const CONTRIBUTIONS = `
SELECT toString(bucket) AS bucket, toString(local_date) AS local_date, service, content_id, content_kind, content_type,
  platform, country, -sum(toInt64(starts) * sign) AS starts, -sum(toInt64(streams) * sign) AS streams,
  -sum(toInt64(played_ms) * sign) AS played_ms, -sum(toInt64(stalled_ms) * sign) AS stalled_ms
FROM view_revision
WHERE subject IN ({subjects:Array(UInt64)})
  AND written_at <= {before:DateTime64(3)}
  AND bitAnd(consent_mask, {analytics:UInt32}) != 0
GROUP BY bucket, local_date, service, content_id, content_kind, content_type, platform, country
HAVING starts != 0 OR streams != 0 OR played_ms != 0 OR stalled_ms != 0
ORDER BY ALL`

const sum = z.string()
const contribution = z.object({
  bucket: z.string(),
  local_date: z.string(),
  service: z.string(),
  content_id: z.string(),
  content_kind: z.string(),
  content_type: z.string(),
  platform: z.string(),
  country: z.string(),
  starts: sum,
  streams: sum,
  played_ms: sum,
  stalled_ms: sum,
})
