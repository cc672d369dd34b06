/**
 * Purposes of processing and their bits in a consent mask.
 *
 * A mask is an unsigned 32-bit number, one bit a purpose; it stands on every event as `consent_mask`. A report asks for
 * one purpose and admits an event only when that bit is set. Bit numbers are stored for ever: never reuse or move one.
 */
export const PURPOSE_BITS = {
  /** Running the service that the viewer asked for (contract). */
  service: 0,
  /** Keeping accounts and service safe (legitimate interest). */
  security: 1,
  /** Counting bytes and minutes for invoices (contract, legal duty). */
  billing: 2,
  /** Storing or reading identifiers on the viewer's device (consent). */
  deviceStorage: 3,
  /** Measuring what is watched, by whom and how (consent). */
  analytics: 4,
  /** Choosing what to recommend from what was watched (consent). */
  recommendation: 5,
  /** Messages by e-mail (consent). */
  marketingEmail: 6,
  /** Push messages (consent). */
  marketingPush: 7,
  /** Messages on the TV screen (consent). */
  marketingTv: 8,
  /** Advertising chosen by profile (consent). */
  personalisedAds: 9,
  /** Handing data to partners (consent). */
  thirdPartyShare: 10,
  /** Asking the viewer questions (consent). */
  survey: 11,
} as const

/** The name of a purpose, as it stands in settings, URLs and the console. */
export type Purpose = keyof typeof PURPOSE_BITS

/** All purposes in the order of their bits. */
export const PURPOSES = Object.keys(PURPOSE_BITS) as Purpose[]

/**
 * Purposes that rest on a contract or a legitimate interest. All others need somebody's consent, which a machine cannot
 * give.
 */
export const PURPOSES_WITHOUT_CONSENT = [
  'service',
  'security',
  'billing',
] as const satisfies readonly Purpose[]

/** The unsigned 32-bit mask in which exactly these purposes are set; no purpose gives 0. */
export function purposeMask(purposes: Iterable<Purpose>): number {
  let mask = 0
  for (const purpose of purposes) mask |= 1 << PURPOSE_BITS[purpose]
  return mask >>> 0
}

/** The purposes that a mask allows; bits of purposes unknown to this version are ignored. */
export function purposesOf(mask: number): Purpose[] {
  return PURPOSES.filter((purpose) => (mask & (1 << PURPOSE_BITS[purpose])) !== 0)
}
