/**
 * Letters to people: verification, sign-in codes, resets. A letter is queued in the transaction that makes it necessary
 * (`outbox.post`), sealed, and sent by the worker over SMTP, again and again for a day while the server is away. Where no
 * server is set up letters wait sealed until they expire, and `foyer letters` shows them to whoever holds the data folder.
 */
export { createOutbox, type Letter, type Outbox, type WaitingLetter } from './outbox.ts'
export { textOf } from './letter.ts'
export { createMailDelivery } from './delivery.ts'
export { mailData } from './schema.ts'
