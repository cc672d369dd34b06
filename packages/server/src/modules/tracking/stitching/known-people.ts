import { PURPOSE_BITS } from '@foyer/contracts'
import type { Subject } from '../../../platform/ids.ts'
import type { Logger } from '../../../platform/log.ts'
import type { PersonOf } from '../presence-count.ts'
import type { People } from './people.ts'
import type { PublishedPerson } from './publish.ts'

/**
 * Who is who of those that are asked about, in memory, for what cannot wait. Somebody who is not known yet counts for
 * themselves until RECORDS has answered, some milliseconds later; what changes comes from the publisher, which runs in
 * the same process.
 */
export interface KnownPeople {
  readonly personOf: PersonOf
  /** Takes what was published. */
  changed(rows: readonly PublishedPerson[]): void
  /** Calls back when `personOf` says something else than before. */
  onLearned(listener: () => void): void
}

/** At some 200 bytes each this is 40 MB. The oldest goes first, and is asked for again when it is needed. */
const KNOWN_MAX = 200_000
/** Subjects in one question. */
const ASK_MAX = 5_000
/** What is denied for it is not counted. */
const ANALYTICS = 2 ** PURPOSE_BITS.analytics

type Known = ReturnType<PersonOf>

export function createKnownPeople({
  personsOf,
  log,
}: {
  personsOf: People['personsOf']
  log: Logger
}): KnownPeople {
  const known = new Map<Subject, Known>()
  const wanted = new Set<Subject>()
  /** Asked for now: what is published meanwhile is newer than the answer. */
  let asking = new Set<Subject>()
  let isAsking = false
  let tell = () => {}

  /** Whether it is news. */
  function learn(subject: Subject, { person, denied }: { person: Subject; denied: number }): boolean {
    const before = known.get(subject) ?? themselves(subject)
    const isDenied = (denied & ANALYTICS) !== 0
    known.delete(subject)
    if (known.size >= KNOWN_MAX) known.delete(known.keys().next().value!)
    known.set(subject, { person, isDenied })
    return before.person !== person || before.isDenied !== isDenied
  }

  async function ask(): Promise<void> {
    isAsking = true
    try {
      while (wanted.size > 0) {
        const subjects = [...wanted].slice(0, ASK_MAX)
        for (const subject of subjects) wanted.delete(subject)
        asking = new Set(subjects)
        let isNews = false
        for (const [subject, person] of await personsOf(subjects)) {
          if (!known.has(subject)) isNews = learn(subject, person) || isNews
        }
        if (isNews) tell()
      }
    } catch (error) {
      // They are asked for again when they are next counted.
      log.warn({ err: error }, 'who is who could not be looked up; the live picture counts some people apart')
    } finally {
      asking = new Set()
      isAsking = false
    }
  }

  return {
    personOf(subject) {
      const found = known.get(subject)
      if (found) return found
      if (!asking.has(subject)) wanted.add(subject)
      if (!isAsking) void ask()
      return themselves(subject)
    },
    changed(rows) {
      let isNews = false
      for (const row of rows) {
        if (known.has(row.subject) || asking.has(row.subject)) isNews = learn(row.subject, row) || isNews
      }
      if (isNews) tell()
    },
    onLearned(listener) {
      tell = listener
    },
  }
}

const themselves = (subject: Subject): Known => ({ person: subject, isDenied: false })
