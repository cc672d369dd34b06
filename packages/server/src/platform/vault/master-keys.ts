import { hkdfSync } from 'node:crypto'
import { KEY_BYTES, keyNameOf, openBytes, OWN_KEY, sealBytes, type Place } from './cipher.ts'
import type { Sealed } from '../data-map.ts'
import type { RandomSource } from '../ids.ts'
import type { Epoch, KeyRing } from './key-ring.ts'

/** Sealing under a key that is derived from the key of an epoch: data keys are wrapped so, and rows without owner. */
export interface MasterKeys {
  /** Seals under the current epoch. */
  seal(use: MasterUse, place: Place, plain: Uint8Array): Sealed
  /** Null when the epoch that it was sealed under is destroyed. Throws SealBroken. */
  open(use: MasterUse, place: Place, sealed: string): Buffer | null
}

/** What a derived key is for; each use has a key of its own (HKDF-SHA256, RFC 5869). */
export type MasterUse = 'wrap' | 'service'

export function createMasterKeys(ring: KeyRing, random: RandomSource): MasterKeys {
  /** Derived keys by the bytes that they came from: what the ring forgets is collected with it. */
  const derived = new WeakMap<Uint8Array, Map<string, Uint8Array>>()

  function keyFor(use: MasterUse, place: Place, epoch: Epoch): Uint8Array | null {
    const master = ring.epochKey(epoch)
    if (!master) return null
    const info = use === 'wrap' ? 'foyer wrap' : `foyer service ${place.column}`
    let keys = derived.get(master)
    if (!keys) derived.set(master, (keys = new Map()))
    let key = keys.get(info)
    if (!key) keys.set(info, (key = Buffer.from(hkdfSync('sha256', master, '', info, KEY_BYTES))))
    return key
  }

  return {
    seal(use, place, plain) {
      const epoch = ring.currentEpoch()
      const key = keyFor(use, place, epoch)
      if (!key) throw new Error(`the key ring lacks its current epoch ${epoch}`)
      return sealBytes(plain, { key, keyName: epoch, place, random })
    },
    open(use, place, sealed) {
      const epoch = keyNameOf(sealed, place)
      const key = epoch === OWN_KEY ? null : keyFor(use, place, epoch as Epoch)
      return key && openBytes(sealed, { key, place })
    },
  }
}
