/**
 * better-auth as Foyer uses it, whoever it is that signs in: over sealed tables (`vault/auth-adapter`), without its own HTTP
 * handler, with addresses taken from the connection. Each module that signs people in has an instance and tables of its own,
 * and adds what is of its people.
 */
export { authOptions, type AuthDeps } from './options.ts'
export { peoplePolicy } from './policy.ts'
export { authHeadersOf } from './requests.ts'
export { sessionColumns, signInMethodColumns, userColumns, verificationColumns } from './tables.ts'
export { openSealedAuth, sealedTables } from './sealed-tables.ts'
