import { createTransport } from 'nodemailer'
import type { Job } from '../jobs.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { SettingValues } from '../settings.ts'
import { htmlOf, oneLine, textOf } from './letter.ts'
import type { ClaimedLetter, Outbox } from './outbox.ts'
import type { mailSettings } from './settings.ts'

/** Letters that one turn of the job takes. */
const LETTERS_AT_ONCE = 20
const EVERY_MS = 1_000
/** A server that says nothing for so long is away. */
const TIMEOUT_MS = 20_000

export interface MailDelivery {
  /** For the worker. */
  readonly jobs: readonly Job[]
  close(): void
}

/**
 * Sends what waits in the outbox. A letter is sent once, but twice when the process dies between the server's yes and the
 * note of it. What a server refuses for good (SMTP 5xx) is dropped; all else is tried again until the letter expires.
 * Neither logs nor metrics tell to whom.
 */
export function createMailDelivery(deps: {
  outbox: Outbox
  settings: SettingValues<typeof mailSettings>
  metrics: Metrics
  log: Logger
}): MailDelivery {
  const { outbox, settings, log } = deps
  const letters = deps.metrics.counter('foyer_letters_total', 'Letters to viewers by what became of them.', [
    'outcome',
  ])
  const transport =
    settings.url === ''
      ? null
      : createTransport({
          url: settings.url,
          pool: true,
          maxConnections: 2,
          connectionTimeout: TIMEOUT_MS,
          greetingTimeout: TIMEOUT_MS,
          socketTimeout: TIMEOUT_MS,
          // A letter names neither files nor addresses of this machine that should be read into it.
          disableFileAccess: true,
          disableUrlAccess: true,
        })

  async function send({ id, letter, attempts }: ClaimedLetter): Promise<void> {
    try {
      await transport!.sendMail({
        from: { name: oneLine(letter.from, 100), address: settings.from },
        to: { name: '', address: letter.to },
        subject: oneLine(letter.subject),
        text: textOf(letter),
        html: htmlOf(letter),
        messageId: `<${id}@${settings.from.split('@')[1]}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
      })
    } catch (error) {
      const code = (error as { responseCode?: number }).responseCode ?? 0
      if (code >= 500 && code !== 535) {
        log.warn({ code }, 'a letter was refused for good')
        letters.inc({ outcome: 'refused' })
        return outbox.drop(id)
      }
      log.warn({ code, attempts }, 'a letter could not be sent; it is tried again')
      letters.inc({ outcome: 'postponed' })
      return outbox.postpone({ id, letter, attempts })
    }
    letters.inc({ outcome: 'sent' })
    await outbox.drop(id)
  }

  return {
    jobs: [
      {
        name: 'mail.deliver',
        everyMs: EVERY_MS,
        async run(signal) {
          const expired = await outbox.expire()
          if (expired > 0) letters.inc({ outcome: 'expired' }, expired)
          if (transport === null) return
          let claimed: ClaimedLetter[]
          do {
            claimed = await outbox.claim(LETTERS_AT_ONCE)
            await Promise.all(claimed.map(send))
          } while (claimed.length === LETTERS_AT_ONCE && !signal.aborted)
        },
      },
    ],
    close: () => transport?.close(),
  }
}
