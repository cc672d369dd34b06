import { ROLES, type Right, type Role } from '@foyer/contracts'
import { Problem } from '../../platform/errors.ts'
import type { Actor } from '../../platform/http/index.ts'

/**
 * Nobody gives, takes over or takes away what they do not hold themselves: with the right to manage operators alone, an
 * invitation of an administrator or a link for one's password would be every other right. Throws operator.right_missing.
 */
export function refuseBeyond(
  by: Actor,
  what: { readonly rights: Iterable<Right> } | { readonly role: Role },
): void {
  const rights: Iterable<Right> = 'role' in what ? ROLES[what.role] : what.rights
  const beyond = [...rights].filter((right) => !by.rights.has(right))
  if (beyond.length > 0)
    throw new Problem('operator.right_missing', `You do not hold ${beyond.join(', ')} yourself.`)
}
