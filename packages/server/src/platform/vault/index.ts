/**
 * The vault keeps personal values unreadable at rest. A viewer's or an operator's name, e-mail or birth date is sealed
 * under a data key of their own (`seal`, `open`); the key lies in RECORDS, wrapped by the key of the month's epoch, which
 * lies in a folder outside RECORDS and its backups. Delete the data key and everything of that person is noise; destroy
 * the epoch's key a while later and the copies in backups are noise as well. To find a person by e-mail, a column holds a
 * keyed HMAC (`lookup` writes it, `lookups` searches). Rows without owner use the epoch's service key, and what waits in
 * the journal `sealForIntake`. Sealed columns have the type `sealed` of `platform/data-map.ts`, which throws on a plain
 * value. `docs/adr/0006-subject-keys-and-vault.md` says why it is so and what remains readable.
 *
 *     await db.transaction(async (tx) => {
 *       await vault.createKey(tx, viewerId)
 *       await tx.insert(viewer).values({
 *         id: viewerId,
 *         email: vault.lookup(viewerEmail, email),
 *         emailSealed: await vault.seal(tx, viewerId, 'viewer.email', email),
 *       })
 *     })
 */
export { SealBroken } from './cipher.ts'
export { inspectKeyFolder, type KeyFolder } from './key-folder.ts'
export { openFileKeyRing } from './file-key-ring.ts'
export type { KeyRing } from './key-ring.ts'
export { vaultData } from './schema.ts'
export { createVault, type Keychain, type Vault } from './vault.ts'
