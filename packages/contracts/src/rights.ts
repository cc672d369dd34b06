/**
 * What an operator or an API key may do. A role is a named set of these; routes name one each.
 */
export const RIGHTS = [
  /** See titles and channels. */
  'catalogue.read',
  /** Change and import titles and channels. */
  'catalogue.write',
  /** Find viewers and see what is not personal. */
  'viewers.read',
  /** Create and change viewers. */
  'viewers.write',
  /** See names, addresses, birth dates and other sealed values; each look is audited. */
  'viewers.personal',
  /** See what one viewer watched; each look is audited. */
  'viewers.activity',
  /** See reports about many viewers. */
  'reports.read',
  /** See services, apps and write keys. */
  'settings.read',
  /** Change services, apps and write keys. */
  'settings.write',
  /** Invite operators, give roles, make API keys. */
  'operators.manage',
  /** Read the audit trail. */
  'audit.read',
] as const

export type Right = (typeof RIGHTS)[number]

/** Roles that a console user can have. */
export const ROLES = {
  administrator: RIGHTS,
  marketer: ['catalogue.read', 'viewers.read', 'reports.read'],
  editor: ['catalogue.read', 'catalogue.write', 'reports.read'],
  analyst: ['catalogue.read', 'reports.read'],
  support: ['catalogue.read', 'viewers.read', 'viewers.write', 'viewers.personal', 'viewers.activity'],
  privacy: ['viewers.read', 'viewers.personal', 'viewers.activity', 'audit.read', 'reports.read'],
  engineer: ['catalogue.read', 'reports.read', 'settings.read', 'settings.write'],
} as const satisfies Record<string, readonly Right[]>

export type Role = keyof typeof ROLES
