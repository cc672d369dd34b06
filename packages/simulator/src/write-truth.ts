import type { Truth } from './truth.ts'

/** The truth as JSON, a person a line, in parts: of a million people it is longer than a string may be. */
export function* writeTruth({ persons, ...rest }: Truth): Iterable<string> {
  const head = JSON.stringify(rest, null, 2)
  yield `${head.slice(0, head.lastIndexOf('}')).trimEnd()},\n  "persons": [`
  let part = ''
  for (const [index, person] of persons.entries()) {
    part += `${index === 0 ? '' : ','}\n    ${JSON.stringify(person)}`
    if (part.length < PART_CHARS) continue
    yield part
    part = ''
  }
  yield `${part}\n  ]\n}\n`
}

const PART_CHARS = 65_536
