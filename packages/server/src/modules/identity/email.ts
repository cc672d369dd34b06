import { domainToASCII } from 'node:url'
import { z } from 'zod'

const wellFormed = z.email().max(254)

/**
 * An address in the one form in which it is stored and looked up; null when it is none. Blanks around it go, capitals and
 * compatibility forms (ａｎａ, ﬁ) become plain (NFKC), and a domain in other letters is written as it goes over the wire
 * (`bücher.example` → `xn--bcher-kva.example`). Before the @ only ASCII is taken: an `а` that is Cyrillic looks like the
 * Latin one and is another mailbox, so look-alikes cannot stand there, and in a domain they show as `xn--`.
 * Dots and what follows a plus stay: most mail servers tell them apart.
 */
export function emailAddress(given: string): string | null {
  const text = given.normalize('NFKC').trim().toLowerCase()
  const at = text.lastIndexOf('@')
  if (at < 1) return null
  const domain = domainToASCII(text.slice(at + 1))
  const address = `${text.slice(0, at)}@${domain}`
  return domain !== '' && wellFormed.safeParse(address).success ? address : null
}
