import { Problem, StartupError } from '../../platform/errors.ts'

/** What the doctor says of one thing. */
export interface Finding {
  /** What was looked at, one or two words. */
  readonly check: string
  readonly state: 'ok' | 'warning' | 'failed'
  /** What was seen, a sentence. */
  readonly says: string
  /** What to do about it; null when there is nothing to do. */
  readonly todo: string | null
}

export const ok = (check: string, says: string): Finding => ({ check, state: 'ok', says, todo: null })

export const warning = (check: string, says: string, todo: string): Finding => ({
  check,
  state: 'warning',
  says,
  todo,
})

export const failed = (check: string, says: string, todo: string): Finding => ({
  check,
  state: 'failed',
  says,
  todo,
})

/** Runs a check; one that breaks is a finding too, so that the others still tell what they see. */
export async function examine(
  check: string,
  look: () => Finding | Finding[] | Promise<Finding | Finding[]>,
): Promise<Finding[]> {
  try {
    return [await look()].flat()
  } catch (error) {
    return [failed(check, reasonOf(error), todoOf(error))]
  }
}

/** An error's own words, in one line. */
export function reasonOf(error: unknown): string {
  if (error instanceof Problem && error.cause instanceof Error) return reasonOf(error.cause)
  const message = error instanceof Error ? error.message || error.name : String(error)
  return message.split('\n', 1)[0]!
}

function todoOf(error: unknown): string {
  const isExpected = error instanceof StartupError || error instanceof Problem
  return isExpected
    ? 'Do what the message says.'
    : 'Look at the log of foyer serve; if it says no more, report it.'
}
