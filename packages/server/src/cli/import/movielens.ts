import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { IMPORT_BATCH_MAX } from '../../modules/accounts/index.ts'
import {
  checkTarget,
  collectFaults,
  eventWriter,
  IMPORT_PURPOSES,
  noRows,
  phaseProgress,
  type Faults,
  type ImportDependencies,
  type ImportTarget,
  type RowCounts,
  type RowFault,
} from './import-run.ts'
import {
  checkMovieLensFolder,
  readInfo,
  readItems,
  readRatings,
  readUsers,
  type MovieLensInfo,
  type MovieLensItem,
  type MovieLensRating,
  type MovieLensUser,
} from './movielens-files.ts'
import { placeOfPostalCode, type PostalPlace } from './zip-prefixes.ts'

/** What an import of MovieLens did. */
export interface MovieLensReport {
  readonly titles: RowCounts
  readonly viewers: RowCounts
  /** Viewers whose postal code names no place. */
  readonly viewersWithoutPlace: number
  /** `read` are right in the file; `sent` went to the journal in this run, which drops what it has seen before. */
  readonly ratings: { readonly read: number; readonly sent: number; readonly refused: number }
  /** How many rows were not taken, or not wholly, and the first of them. */
  readonly refused: number
  readonly faults: readonly RowFault[]
  /** Where the files do not hold what `u.info` says: the set was altered. */
  readonly warnings: readonly string[]
}

const SOURCE = 'import:movielens'

/** Ids carry the set's name: users and items of other MovieLens sets are other people and films. */
export const movieLensId = (id: string) => `ml-100k-${id}`

/**
 * Imports MovieLens 100K from its folder: films with genres as categories, users as viewers who registered when they
 * first rated, and their ratings at their own times. Again, it adds nothing; interrupted, it goes on.
 * Throws StartupError when files, the service or the app are missing.
 */
export async function importMovieLens(
  deps: ImportDependencies,
  options: ImportTarget & { folder: string },
): Promise<MovieLensReport> {
  const { folder } = options
  await checkMovieLensFolder(folder)
  await checkTarget(deps, options)
  const faults = collectFaults()
  const users = await readUsers(folder, faults.add)
  const items = await readItems(folder, faults.add)
  const refusedBefore = faults.total
  const ratings = await readRatings(folder, { users, items }, faults.add)
  const ratingsRefused = faults.total - refusedBefore
  const warnings = differences(await readInfo(folder), { users, items, ratings })

  const titles = await importTitles(deps, [...items.values()], faults)
  const places = new Map([...users].map(([id, user]) => [id, placeOfPostalCode(user.postalCode)]))
  const viewers = await importViewers(deps, options, { users, ratings, places, faults })
  const sent = await importRatings(deps, options, { ratings, places, vids: viewers.vids })
  return {
    titles,
    viewers: viewers.counts,
    viewersWithoutPlace: [...places.values()].filter(({ country }) => country === '').length,
    ratings: { read: ratings.length, sent, refused: ratingsRefused },
    refused: faults.total,
    faults: faults.told,
    warnings,
  }
}

function differences(
  info: MovieLensInfo,
  read: {
    users: ReadonlyMap<string, unknown>
    items: ReadonlyMap<string, unknown>
    ratings: readonly unknown[]
  },
): string[] {
  return (
    [
      ['users', info.users, read.users.size],
      ['items', info.items, read.items.size],
      ['ratings', info.ratings, read.ratings.length],
    ] as const
  ).flatMap(([what, promised, found]) =>
    promised === null || promised === found
      ? []
      : [`u.info promises ${promised} ${what}, and ${found} were read: this copy of the set was altered.`],
  )
}

async function importTitles(
  deps: ImportDependencies,
  items: readonly MovieLensItem[],
  faults: Faults,
): Promise<RowCounts> {
  const tell = phaseProgress(deps, 'titles')
  const counts = noRows()
  for (let start = 0; start < items.length; start += TITLES_AT_ONCE) {
    deps.signal?.throwIfAborted()
    const part = items.slice(start, start + TITLES_AT_ONCE)
    const rows = part.map(({ row, id, name, year, releaseDate, genres }) => ({
      row,
      fields: {
        id: movieLensId(id),
        kind: 'movie',
        name,
        releaseYear: year,
        releaseDate,
        categories: genres,
        externalIds: { movielens: id },
      },
      faults: [],
    }))
    for (const result of await deps.catalogue.importRows(rows, { isDryRun: false })) {
      counts[result.outcome] += 1
      for (const { field, message } of result.errors ?? [])
        faults.add('u.item', result.row, `${field} ${message}`)
    }
    tell(start + part.length, items.length)
  }
  return counts
}

const TITLES_AT_ONCE = 500

async function importViewers(
  deps: ImportDependencies,
  { service }: ImportTarget,
  read: {
    users: ReadonlyMap<string, MovieLensUser>
    ratings: readonly MovieLensRating[]
    places: ReadonlyMap<string, PostalPlace>
    faults: Faults
  },
) {
  const tell = phaseProgress(deps, 'viewers')
  const firstRatedAt = new Map<string, number>()
  for (const { userId, ts } of read.ratings) {
    firstRatedAt.set(userId, Math.min(ts, firstRatedAt.get(userId) ?? Infinity))
  }
  const counts = noRows()
  const vids = new Map<string, ImportedVid>()
  const users = [...read.users.values()]
  for (let start = 0; start < users.length; start += IMPORT_BATCH_MAX) {
    deps.signal?.throwIfAborted()
    const part = users.slice(start, start + IMPORT_BATCH_MAX)
    const viewers = part.map((user) => {
      const { country, region } = read.places.get(user.id)!
      const registeredAt = firstRatedAt.get(user.id)
      return {
        externalId: movieLensId(user.id),
        gender: user.gender,
        ageAtRegistration: user.age,
        ...(registeredAt === undefined ? {} : { registeredAt }),
        ...(country === '' ? {} : { country }),
        ...(region === '' ? {} : { region }),
        traits: { occupation: user.occupation, postalCode: user.postalCode },
      }
    })
    const results = await deps.accounts.importViewers({
      service,
      source: SOURCE,
      purposes: IMPORT_PURPOSES,
      viewers,
    })
    for (const [index, result] of results.entries()) {
      const user = part[index]!
      counts[result.outcome] += 1
      if (result.outcome === 'refused') read.faults.add('u.user', user.row, result.reason)
      else {
        vids.set(user.id, result.vid)
        for (const { field, message } of result.dropped)
          read.faults.add('u.user', user.row, `${field} ${message}`)
      }
    }
    tell(start + part.length, users.length)
  }
  return { counts, vids }
}

type ImportedVid = Extract<
  Awaited<ReturnType<ImportDependencies['accounts']['importViewers']>>[number],
  { vid: unknown }
>['vid']

async function importRatings(
  deps: ImportDependencies,
  { service, app, folder }: ImportTarget & { folder: string },
  read: {
    ratings: readonly MovieLensRating[]
    places: ReadonlyMap<string, PostalPlace>
    vids: ReadonlyMap<string, ImportedVid>
  },
): Promise<number> {
  const tell = phaseProgress(deps, 'events')
  const writer = eventWriter(deps, {
    head: { source: SOURCE, party: 'first', service, app },
    // Other viewers mean other events: then it begins again, which adds nothing twice.
    key: `${service} ${app} ${read.vids.size} ${await checksumOf(join(folder, 'u.data'))}`,
    onSent: (events, isWaiting) => tell(events, read.ratings.length, isWaiting),
  })
  await writer.resume()
  for (const { userId, itemId, rating, ts } of read.ratings) {
    const vid = read.vids.get(userId)
    if (vid === undefined) continue
    const country = read.places.get(userId)!.country
    await writer.add({
      messageId: `ml-100k-rating-${userId}-${itemId}`,
      ts,
      type: 'rating',
      vid,
      contentId: movieLensId(itemId),
      ...(country === '' ? {} : { country }),
      properties: { rating },
    })
  }
  await writer.finish()
  return writer.sentNow
}

async function checksumOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}
