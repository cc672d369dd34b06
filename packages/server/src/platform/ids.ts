import { createHash, hash, randomBytes } from 'node:crypto'

/**
 * Ids. Outward ids are UUIDv7 (RFC 9562 §5.7): they sort by time and say nothing else. Subjects, the ids of people in
 * EVENTS, are random and say nothing at all.
 */

/** Random bytes, injected so that tests and the simulator repeat. */
export type RandomSource = (size: number) => Uint8Array

/** The operating system's randomness. */
export const systemRandom: RandomSource = (size) => randomBytes(size)

/** Randomness that repeats for a seed: SHA-256 of seed and counter. For tests and the simulator only. */
export function seededRandom(seed: string): RandomSource {
  let counter = 0
  return (size) => {
    const out = Buffer.alloc(size)
    for (let offset = 0; offset < size; offset += 32) {
      createHash('sha256').update(`${seed}:${counter++}`).digest().copy(out, offset)
    }
    return out
  }
}

/** A UUIDv7 of the given time: 48 bits of epoch milliseconds, then 74 random bits. */
export function uuidV7(now: number, random: RandomSource = systemRandom): string {
  return uuidV7From(now, random(10))
}

/**
 * The UUIDv7 layout over given bits, so that the same inputs give the same id: an event's id is its time of receipt and an
 * HMAC of its message id, and is drawn only once however often the batch is processed.
 */
export function uuidV7From(now: number, bits: Uint8Array): string {
  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(now, 0, 6)
  bytes.set(bits.subarray(0, 10), 6)
  bytes[6] = (bytes[6]! & 0x0f) | 0x70
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/**
 * The random id of a person or an anonymous device in EVENTS, as a decimal string: between 1 and 2^63 − 1, so that it
 * fits ClickHouse's UInt64 and PostgreSQL's bigint alike.
 */
export type Subject = string & { readonly __brand: 'Subject' }

export function newSubject(random: RandomSource = systemRandom): Subject {
  for (;;) {
    const value = Buffer.from(random(8)).readBigUInt64BE() & 0x7fff_ffff_ffff_ffffn
    if (value !== 0n) return value.toString() as Subject
  }
}

/** A subject made of given bits, for pseudonyms that must repeat (a device's key). */
export function subjectFrom(bits: Uint8Array): Subject {
  const value = Buffer.from(bits.subarray(0, 8)).readBigUInt64BE() & 0x7fff_ffff_ffff_ffffn
  return (value === 0n ? 1n : value).toString() as Subject
}

/** A secret for people and programs to carry: a prefix that says what it is and 160 random bits, base64url. */
export function newSecret(prefix: string, random: RandomSource = systemRandom): string {
  return `${prefix}_${Buffer.from(random(20)).toString('base64url')}`
}

/** SHA-256 as lower-case hex. */
export function sha256(data: string | NodeJS.ArrayBufferView): string {
  return hash('sha256', data)
}
