import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Sealed } from '../data-map.ts'
import type { RandomSource } from '../ids.ts'

/**
 * The one cipher of the vault: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce and a 128-bit tag.
 *
 * A sealed text is `v1.<key>.<base64url(nonce | ciphertext | tag)>`. The middle part says which key opens it: `own` for
 * the owner's data key, else the key epoch, such as `2026-11`. The associated data is `owner|column|1`, so that a sealed
 * value opens nowhere but in the column and for the owner that it was sealed for.
 */
export const KEY_BYTES = 32

/** The middle part of what is sealed under an owner's data key. */
export const OWN_KEY = 'own'

/** Where a value stands: who owns it and in which column it is. */
export interface Place {
  /** Id of the owner; `service` for rows that have none. */
  readonly owner: string
  /** `table.column`. */
  readonly column: string
}

/** A sealed value that is not what was sealed here: altered, moved from another owner or column, or not sealed at all. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken'
}

const NONCE_BYTES = 12
const TAG_BYTES = 16
const VERSION = 1
const SEALED_TEXT = /^v1\.([\w-]+)\.([\w-]+)$/

export function sealBytes(
  plain: Uint8Array,
  using: { key: Uint8Array; keyName: string; place: Place; random: RandomSource },
): Sealed {
  const nonce = using.random(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', using.key, nonce)
  cipher.setAAD(associatedData(using.place))
  const sealed = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return `v${VERSION}.${using.keyName}.${sealed.toString('base64url')}` as Sealed
}

/** Throws SealBroken when the text was not sealed by this key for this place. */
export function openBytes(sealed: string, using: { key: Uint8Array; place: Place }): Buffer {
  const body = Buffer.from(partsOf(sealed, using.place).body, 'base64url')
  if (body.length < NONCE_BYTES + TAG_BYTES) throw broken(using.place)
  const decipher = createDecipheriv('aes-256-gcm', using.key, body.subarray(0, NONCE_BYTES))
  decipher.setAAD(associatedData(using.place))
  decipher.setAuthTag(body.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(body.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
  } catch {
    throw broken(using.place)
  }
}

/** The name of the key that a sealed text needs. Throws SealBroken when the text is not sealed. */
export function keyNameOf(sealed: string, place: Place): string {
  return partsOf(sealed, place).keyName
}

export function isSealed(text: string): text is Sealed {
  return SEALED_TEXT.test(text)
}

function partsOf(sealed: string, place: Place): { keyName: string; body: string } {
  const [, keyName, body] = SEALED_TEXT.exec(sealed) ?? []
  if (keyName === undefined || body === undefined) {
    throw new SealBroken(`a plain value stands in the sealed column ${place.column}`)
  }
  return { keyName, body }
}

function associatedData(place: Place): Buffer {
  if (place.owner === '' || /\|/.test(place.owner + place.column)) {
    throw new TypeError(`an owner or a column cannot be empty or contain "|" (${place.column})`)
  }
  return Buffer.from(`${place.owner}|${place.column}|${VERSION}`)
}

/** Names the column and never the value, the owner or the key. */
function broken(place: Place): SealBroken {
  return new SealBroken(`a sealed value of ${place.column} was altered or belongs elsewhere`)
}
