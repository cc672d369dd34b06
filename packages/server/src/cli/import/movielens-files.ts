import { createReadStream } from 'node:fs'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { readLines } from '../../platform/csv.ts'
import { StartupError } from '../../platform/errors.ts'

/**
 * The files of MovieLens 100K (https://grouplens.org/datasets/movielens/100k/), as its README describes them: `u.user`,
 * `u.item` (Latin-1), `u.genre`, `u.data` and `u.info`. Fields hold no quotes, so lines are split at their sign.
 */
export interface MovieLensUser {
  readonly row: number
  readonly id: string
  readonly age: number
  readonly gender: 'female' | 'male'
  readonly occupation: string
  readonly postalCode: string
}

export interface MovieLensItem {
  readonly row: number
  readonly id: string
  readonly name: string
  readonly year: number | null
  /** YYYY-MM-DD. */
  readonly releaseDate: string | null
  readonly genres: readonly string[]
}

export interface MovieLensRating {
  readonly row: number
  readonly userId: string
  readonly itemId: string
  readonly rating: number
  /** Epoch ms. */
  readonly ts: number
}

/** What `u.info` says that there is; null where the file is missing. */
export interface MovieLensInfo {
  readonly users: number | null
  readonly items: number | null
  readonly ratings: number | null
}

/** What is wrong with a line. */
export type Refuse = (file: string, row: number, reason: string) => void

const FILES = ['u.user', 'u.item', 'u.genre', 'u.data'] as const

/** Throws StartupError that names every file that is missing. */
export async function checkMovieLensFolder(folder: string): Promise<void> {
  const missing = []
  for (const file of FILES) if (!(await exists(join(folder, file)))) missing.push(file)
  if (missing.length > 0) {
    throw new StartupError(
      `${folder} is not a folder of MovieLens 100K: ${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} missing.`,
    )
  }
}

export async function readUsers(folder: string, refuse: Refuse): Promise<Map<string, MovieLensUser>> {
  const users = new Map<string, MovieLensUser>()
  for await (const { line: row, fields } of fieldsOf(folder, 'u.user', '|')) {
    const [id = '', age = '', gender = '', occupation = '', postalCode = ''] = fields
    const fault =
      countFault(fields, 5) ??
      idFault(id, users) ??
      (/^\d{1,3}$/.test(age) && Number(age) <= 120 ? null : `age ${age} is not whole years`) ??
      (gender === 'M' || gender === 'F' ? null : `gender ${gender} is neither M nor F`)
    if (fault) refuse('u.user', row, fault)
    else {
      users.set(id, {
        row,
        id,
        age: Number(age),
        gender: gender === 'F' ? 'female' : 'male',
        occupation,
        postalCode,
      })
    }
  }
  return users
}

export async function readItems(folder: string, refuse: Refuse): Promise<Map<string, MovieLensItem>> {
  const genres: string[] = []
  for await (const { fields } of fieldsOf(folder, 'u.genre', '|')) genres[Number(fields[1])] = fields[0]!
  const items = new Map<string, MovieLensItem>()
  for await (const { line: row, fields } of fieldsOf(folder, 'u.item', '|')) {
    const [id = '', title = '', released = '', , , ...flags] = fields
    const releaseDate = dayOf(released)
    const fault =
      countFault(fields, 5 + genres.length) ??
      idFault(id, items) ??
      (title.trim() === '' ? 'the title is empty' : null) ??
      (releaseDate === undefined ? `release date ${released} is not like 01-Jan-1995` : null) ??
      (flags.every((flag) => flag === '0' || flag === '1') ? null : 'a genre is neither 0 nor 1')
    if (fault) refuse('u.item', row, fault)
    else {
      // The genre "unknown" says that no genre is known.
      const named = genres.filter((genre, index) => flags[index] === '1' && genre !== 'unknown')
      items.set(id, { row, id, ...nameAndYear(title), releaseDate: releaseDate ?? null, genres: named })
    }
  }
  return items
}

/** Ratings of known users and items, each pair once. */
export async function readRatings(
  folder: string,
  known: { users: ReadonlyMap<string, unknown>; items: ReadonlyMap<string, unknown> },
  refuse: Refuse,
): Promise<MovieLensRating[]> {
  const ratings: MovieLensRating[] = []
  const rowOfPair = new Map<string, number>()
  for await (const { line: row, fields } of fieldsOf(folder, 'u.data', '\t')) {
    const [userId = '', itemId = '', rating = '', seconds = ''] = fields
    const pair = `${userId} ${itemId}`
    const before = rowOfPair.get(pair)
    const fault =
      countFault(fields, 4) ??
      (known.users.has(userId) ? null : `user ${userId} is not in u.user`) ??
      (known.items.has(itemId) ? null : `item ${itemId} is not in u.item`) ??
      (/^[1-5]$/.test(rating) ? null : `rating ${rating} is not 1 to 5`) ??
      (/^[1-9]\d{7,9}$/.test(seconds) ? null : `time ${seconds} is not epoch seconds`) ??
      (before === undefined ? null : `the user rated the item already in line ${before}`)
    if (fault) refuse('u.data', row, fault)
    else {
      rowOfPair.set(pair, row)
      ratings.push({ row, userId, itemId, rating: Number(rating), ts: Number(seconds) * 1_000 })
    }
  }
  return ratings
}

export async function readInfo(folder: string): Promise<MovieLensInfo> {
  const info: Record<string, number> = {}
  if (await exists(join(folder, 'u.info'))) {
    for await (const { fields } of fieldsOf(folder, 'u.info', ' ')) info[fields[1] ?? ''] = Number(fields[0])
  }
  return { users: info['users'] ?? null, items: info['items'] ?? null, ratings: info['ratings'] ?? null }
}

/** `Toy Story (1995)` is a name and a year; `(V)` behind it marks a video. */
export function nameAndYear(title: string): { name: string; year: number | null } {
  const match = /^(.+?)\s*\((\d{4})\)\s*(?:\(V\))?\s*$/.exec(title)
  return match ? { name: match[1]!, year: Number(match[2]) } : { name: title.trim(), year: null }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `01-Jan-1995` as 1995-01-01; null for nothing, undefined for something else. */
function dayOf(text: string): string | null | undefined {
  if (text === '') return null
  const [, day, month, year] = /^(\d{1,2})-([A-Z][a-z]{2})-(\d{4})$/.exec(text) ?? []
  const number = MONTHS.indexOf(month ?? '') + 1
  if (day === undefined || number === 0) return undefined
  return `${year}-${String(number).padStart(2, '0')}-${day.padStart(2, '0')}`
}

async function* fieldsOf(folder: string, file: string, sign: string) {
  for await (const { line, text } of readLines(createReadStream(join(folder, file)), 'windows-1252')) {
    yield { line, fields: text.split(sign) }
  }
}

function countFault(fields: readonly string[], count: number): string | null {
  return fields.length === count ? null : `has ${fields.length} fields instead of ${count}`
}

function idFault(id: string, known: ReadonlyMap<string, unknown>): string | null {
  if (!/^\d{1,9}$/.test(id)) return `id ${id} is not a number`
  return known.has(id) ? `id ${id} stands twice` : null
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}
