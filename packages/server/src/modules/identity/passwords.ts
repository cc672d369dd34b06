import { Problem } from '../../platform/errors.ts'

/** zxcvbn's steps of guesses: 2 is more than 10⁶, what an attacker without the hash never comes to; 4 is the highest. */
const SCORE_MIN = 2
/** What follows makes a password no weaker, and checking grows faster than the text. */
const CHECKED_MAX = 64

/**
 * Refuses passwords that are tried first: those that leaks hold most often, what keyboards and dates suggest, and the
 * viewer's own address and name. Nothing leaves the machine. No rules about capitals and digits, which make passwords weaker
 * (NIST SP 800-63B §5.1.1.2). Throws account.password_common.
 */
export async function refuseWeak(
  password: string,
  own: readonly string[],
  field = 'body.password',
): Promise<void> {
  const check = await checker()
  const { score, feedback } = check(password.slice(0, CHECKED_MAX), own.flatMap(wordsOf))
  if (score >= SCORE_MIN) return
  const why = WARNINGS[feedback.warning ?? ''] ?? 'is easily guessed'
  throw new Problem(
    'account.password_common',
    'Take another: three words that nobody else puts together are good.',
    {
      errors: [{ field, message: why }],
    },
  )
}

/** In words of ours, by zxcvbn's names. */
const WARNINGS: Readonly<Record<string, string>> = {
  topTen: 'is among those that are tried first',
  topHundred: 'is among those that are tried first',
  common: 'is among those that are tried first',
  similarToCommon: 'is close to one of those that are tried first',
  userInputs: 'is made of your own address or name, or of the name of the service',
  simpleRepeat: 'repeats itself',
  extendedRepeat: 'repeats itself',
  straightRow: 'is a row of keys',
  keyPattern: 'is a pattern of keys',
  sequences: 'is a sequence',
  dates: 'is a date',
  recentYears: 'is a year',
}

const wordsOf = (text: string) => [text, ...text.split(/[^\p{L}\p{N}]+/u)].filter((word) => word.length > 2)

type Check = (
  password: string,
  own: string[],
) => { readonly score: number; readonly feedback: { readonly warning: string | null } }

let loaded: Promise<Check> | null = null

/** 50 ms and 20 MB for lists that most processes never need. */
function checker(): Promise<Check> {
  loaded ??= (async () => {
    const [{ ZxcvbnFactory }, { dictionary, adjacencyGraphs }] = await Promise.all([
      import('@zxcvbn-ts/core'),
      import('@zxcvbn-ts/language-common'),
    ])
    const zxcvbn = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs })
    return (password, own) => zxcvbn.check(password, own)
  })()
  return loaded
}
