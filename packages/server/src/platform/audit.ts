import type { Database } from './data-map.ts'
import type { Actor } from './http/index.ts'

/** The trail of who looked at or changed what. Kept by the operators module, written to by all. */
export interface AuditTrail {
  /**
   * What changes RECORDS is recorded `within` its transaction, so that there is none without its entry. Without one the
   * trail writes on a connection of its own, which on the embedded records waits for an open transaction to end.
   */
  record(
    entry: {
      actor: Actor
      /** `object.verb`, such as viewer.looked_up. */
      action: string
      /** Id of what was looked at or changed. Never a personal value. */
      object: string
      /** What changed or was asked, without personal values. */
      details?: Readonly<Record<string, string | number | boolean | readonly string[]>>
    },
    within?: Database,
  ): Promise<void>
}
