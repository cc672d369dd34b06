/**
 * better-auth over the vault: `sealedAdapter` wraps the database adapter that a better-auth instance gets, so that e-mail
 * addresses, names, session tokens and the like reach the tables as HMACs and sealed texts only. Each instance brings a
 * policy that names every text column of every model; one that is missing refuses the start. Searching and sorting by
 * sealed columns opens rows, 20,000 at most. `docs/adr/0007-better-auth.md` says why it is done around the adapter.
 */
export { companionColumns, type AuthPolicy } from './policy.ts'
export { sealedAdapter } from './sealed-adapter.ts'
