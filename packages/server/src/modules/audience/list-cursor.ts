import { Problem } from '../../platform/errors.ts'
import { sha256 } from '../../platform/ids.ts'

/** Where a page of a list of viewers ends: the sorted value and the tie of its last row, both 64-bit decimal digits. */
export interface ListCursor {
  readonly key: string
  readonly tie: string
}

/** Before every row: no value is as small. */
export const BEFORE_ALL: ListCursor = { key: '-9223372036854775808', tie: '0' }

/** A cursor names the list that it belongs to, so that it cannot lead into the middle of another. */
export function writeListCursor(cursor: ListCursor, filters: Filters): string {
  return Buffer.from(`${listOf(filters)} ${cursor.key} ${cursor.tie}`).toString('base64url')
}

/** Throws request.invalid for what is not a cursor of this list. */
export function readListCursor(text: string | undefined, filters: Filters): ListCursor {
  if (text === undefined) return BEFORE_ALL
  const [, list, key, tie] =
    /^([0-9a-f]{16}) (-?\d{1,19}) (\d{1,20})$/.exec(Buffer.from(text, 'base64url').toString()) ?? []
  if (list !== listOf(filters) || key === undefined || tie === undefined || !fits(key, tie)) {
    throw new Problem(
      'request.invalid',
      'The cursor is not one that this list gave. Filters, sort and order must stay as they were; start again without it.',
      { errors: [{ field: 'querystring.cursor', message: 'not a cursor of this list' }] },
    )
  }
  return { key, tie }
}

type Filters = Readonly<Record<string, unknown>>

/** A short name of a list: a hash of all that tells it from others, in whatever order it was asked. */
function listOf(filters: Filters): string {
  const { cursor: _cursor, limit: _limit, ...rest } = filters
  const told = Object.entries(rest).filter(([, value]) => value !== undefined)
  return sha256(JSON.stringify(told.sort(([a], [b]) => (a < b ? -1 : 1)))).slice(0, 16)
}

function fits(key: string, tie: string): boolean {
  return BigInt.asIntN(64, BigInt(key)) === BigInt(key) && BigInt.asUintN(64, BigInt(tie)) === BigInt(tie)
}
