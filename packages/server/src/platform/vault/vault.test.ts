import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asc, eq, sql } from 'drizzle-orm'
import { pgTable, text } from 'drizzle-orm/pg-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openTestRecords, recordsBackends, type TestRecords } from '../../../test/records.ts'
import { manualClock, type ManualClock } from '../clock.ts'
import { sealed, type Database } from '../data-map.ts'
import { StartupError } from '../errors.ts'
import { PEPPER_NOTICE_MS, type Epoch, type KeyRing } from './key-ring.ts'
import { createVault, openFileKeyRing, SealBroken, type Vault } from './index.ts'
import { BACKUP_RETENTION_MS } from './rotation.ts'
import { vaultClaim, vaultKey } from './schema.ts'

const NOVEMBER = Date.parse('2026-11-22T00:00:00Z')
const MONTH_MS = 31 * 86_400_000
const email = { name: 'person.email', kind: 'email' } as const

/** A table as a module would have it. */
const person = pgTable('vault_test_person', {
  id: text('id').primaryKey(),
  email: text('email').unique(),
  name: sealed('name'),
})

describe.each(recordsBackends())('the vault (%s)', (backend) => {
  let records: TestRecords
  let db: Database
  let folder: string
  let clock: ManualClock
  let ring: KeyRing
  let vault: Vault

  beforeAll(async () => {
    records = await openTestRecords({ backend })
    db = records.db
    await db.execute(sql`create table vault_test_person (id text primary key, email text unique, name text)`)
  })
  afterAll(() => records.close())
  beforeEach(async () => {
    await db.execute(sql`truncate vault_key, vault_claim, vault_test_person`)
    folder = mkdtempSync(join(tmpdir(), 'foyer-vault-'))
    clock = manualClock(NOVEMBER)
    ring = openFileKeyRing(join(folder, 'keys'), { clock })
    vault = createVault({ ring, clock })
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  /** Another process: the same folder and database, nothing remembered. */
  function anotherVault(): Vault {
    return createVault({ ring: openFileKeyRing(join(folder, 'keys'), { clock }), clock })
  }

  describe('sealing under an owner', () => {
    it('opens in another process what it sealed in this one', async () => {
      await vault.createKey(db, 'anna')
      const name = await vault.seal(db, 'anna', 'person.name', 'Anna Ω')
      expect(name).not.toContain('Anna')
      expect(await anotherVault().open(db, 'anna', 'person.name', name)).toBe('Anna Ω')
    })

    it('refuses a value that was swapped with that of another owner or column', async () => {
      for (const owner of ['anna', 'ben']) await vault.createKey(db, owner)
      const name = await vault.seal(db, 'anna', 'person.name', 'Anna')
      await expect(vault.open(db, 'ben', 'person.name', name)).rejects.toThrow(SealBroken)
      await expect(vault.open(db, 'anna', 'person.email', name)).rejects.toThrow(SealBroken)
      await expect(vault.open(db, 'anna', 'person.name', 'Anna')).rejects.toThrow(SealBroken)
      await expect(
        vault.open(db, 'anna', 'person.name', vault.sealService('person.name', 'Anna')),
      ).rejects.toThrow(SealBroken)
    })

    it('refuses to seal for an owner without a key', async () => {
      await expect(vault.seal(db, 'nobody', 'person.name', 'x')).rejects.toThrow(/no key/)
    })

    it('keeps one key when a hundred callers make it at once', async () => {
      const vaults = [vault, anotherVault(), anotherVault()]
      const texts = await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          db.transaction(async (tx) => {
            const one = vaults[index % vaults.length]!
            await one.createKey(tx, 'anna')
            return one.seal(tx, 'anna', 'person.name', `Anna ${index}`)
          }),
        ),
      )
      expect(await db.$count(vaultKey)).toBe(1)
      const reader = anotherVault()
      const names = await Promise.all(texts.map((name) => reader.open(db, 'anna', 'person.name', name)))
      expect(names).toEqual(texts.map((_, index) => `Anna ${index}`))
    })

    it('does not remember a key whose transaction was rolled back', async () => {
      const rolledBack = db.transaction(async (tx) => {
        await vault.createKey(tx, 'anna')
        await tx.transaction((inner) => vault.seal(inner, 'anna', 'person.name', 'Anna'))
        tx.rollback()
      })
      await expect(rolledBack).rejects.toThrow()
      await expect(vault.seal(db, 'anna', 'person.name', 'Anna')).rejects.toThrow(/no key/)
    })

    it('opens a list with one query for the keys', async () => {
      for (const owner of ['anna', 'ben']) await vault.createKey(db, owner)
      const reader = anotherVault()
      const keys = await reader.unlock(db, ['anna', 'ben', 'nobody'])
      expect([keys.has('anna'), keys.has('nobody')]).toEqual([true, false])
      expect(keys.open('ben', 'person.name', keys.seal('ben', 'person.name', 'Ben'))).toBe('Ben')
    })

    it('writes nothing plain into a sealed column, whatever the compiler was told', async () => {
      const plain = 'Anna' as never
      await expect(db.insert(person).values({ id: 'anna', name: plain })).rejects.toThrow()
      expect(await db.$count(person)).toBe(0)
    })
  })

  describe('shredding', () => {
    it('makes everything of the owner unreadable and leaves others alone', async () => {
      for (const owner of ['anna', 'ben']) await vault.createKey(db, owner)
      const [anna, ben] = [
        await vault.seal(db, 'anna', 'person.name', 'Anna'),
        await vault.seal(db, 'ben', 'person.name', 'Ben'),
      ]
      await vault.destroyKey(db, 'anna')
      expect(await vault.open(db, 'anna', 'person.name', anna)).toBeNull()
      expect(await vault.open(db, 'ben', 'person.name', ben)).toBe('Ben')
    })

    it('reaches a process that remembers the key within five seconds', async () => {
      const other = anotherVault()
      await vault.createKey(db, 'anna')
      const name = await vault.seal(db, 'anna', 'person.name', 'Anna')
      expect(await other.open(db, 'anna', 'person.name', name)).toBe('Anna')
      await vault.destroyKey(db, 'anna')
      clock.advance(5_000)
      expect(await other.open(db, 'anna', 'person.name', name)).toBeNull()
    })

    it('holds within the transaction that shreds', async () => {
      await vault.createKey(db, 'anna')
      const name = await vault.seal(db, 'anna', 'person.name', 'Anna')
      await db.transaction(async (tx) => {
        await vault.destroyKey(tx, 'anna')
        expect(await vault.open(tx, 'anna', 'person.name', name)).toBeNull()
      })
    })

    it('does not bring values back when the owner gets a new key', async () => {
      await vault.createKey(db, 'anna')
      const name = await vault.seal(db, 'anna', 'person.name', 'Anna')
      await vault.destroyKey(db, 'anna')
      await vault.createKey(db, 'anna')
      await expect(anotherVault().open(db, 'anna', 'person.name', name)).rejects.toThrow(SealBroken)
    })
  })

  describe('rotation', () => {
    it('wraps live keys under the new epoch, and they open what is old', async () => {
      const owners = Array.from({ length: 1_100 }, (_, index) => `owner-${index}`)
      await db.transaction(async (tx) => {
        for (const owner of owners) await vault.createKey(tx, owner)
      })
      const name = await vault.seal(db, 'owner-0', 'person.name', 'Anna')
      clock.advance(MONTH_MS)
      expect(await vault.rotate(db)).toEqual({ rewrapped: 1_100, dead: 0, destroyed: [] })
      expect(await db.selectDistinct({ epoch: vaultKey.epoch }).from(vaultKey)).toEqual([
        { epoch: '2026-12' },
      ])
      expect(await anotherVault().open(db, 'owner-0', 'person.name', name)).toBe('Anna')
      expect(await vault.rotate(db)).toEqual({ rewrapped: 0, dead: 0, destroyed: [] })
    })

    it('run by three processes at once wraps every key once', async () => {
      for (const owner of ['anna', 'ben', 'carla']) await vault.createKey(db, owner)
      const name = await vault.seal(db, 'anna', 'person.name', 'Anna')
      clock.advance(MONTH_MS)
      const rotations = await Promise.all(
        [vault, anotherVault(), anotherVault()].map((one) => one.rotate(db)),
      )
      expect(rotations.reduce((sum, { rewrapped }) => sum + rewrapped, 0)).toBe(3)
      expect(await anotherVault().open(db, 'anna', 'person.name', name)).toBe('Anna')
    })

    it('destroys an epoch only when no backup can need it', async () => {
      await vault.createKey(db, 'anna')
      clock.advance(MONTH_MS)
      await vault.rotate(db)
      clock.advance(BACKUP_RETENTION_MS - 1)
      expect((await vault.rotate(db)).destroyed).toEqual([])
      clock.advance(1)
      expect((await vault.rotate(db)).destroyed).toEqual(['2026-11'])
    })

    it('leaves nothing that opens a shredded owner, even with the old key row restored from a backup', async () => {
      await vault.createKey(db, 'anna')
      const name = await vault.seal(db, 'anna', 'person.name', 'Anna')
      const [backup] = await db.select().from(vaultKey).where(eq(vaultKey.owner, 'anna'))
      await vault.destroyKey(db, 'anna')

      await db.insert(vaultKey).values(backup!)
      expect(await anotherVault().open(db, 'anna', 'person.name', name)).toBe('Anna')
      await db.delete(vaultKey)

      clock.advance(MONTH_MS)
      await vault.rotate(db)
      clock.advance(BACKUP_RETENTION_MS)
      await vault.rotate(db)
      await db.insert(vaultKey).values(backup!)
      expect(await anotherVault().open(db, 'anna', 'person.name', name)).toBeNull()
      expect(await vault.rotate(db)).toMatchObject({ rewrapped: 0, dead: 1 })
    })
  })

  describe('the check at the start', () => {
    const elsewhere = () => createVault({ ring: openFileKeyRing(join(folder, 'other'), { clock }), clock })

    it('lets new records and the right keys pass', async () => {
      await vault.check(db)
      await vault.createKey(db, 'anna')
      clock.advance(MONTH_MS)
      await vault.createKey(db, 'ben')
      await anotherVault().check(db)
    })

    it('refuses the keys of another installation, of the same month or of another', async () => {
      await vault.createKey(db, 'anna')
      elsewhere().sealService('x.y', 'makes the epoch')
      await expect(elsewhere().check(db)).rejects.toThrow(StartupError)
      clock.advance(MONTH_MS)
      const { epochs } = openFileKeyRing(join(folder, 'third'), { clock })
      expect(epochs()).toEqual([])
      const third = createVault({ ring: openFileKeyRing(join(folder, 'third'), { clock }), clock })
      await expect(third.check(db)).rejects.toThrow(/Put back the key folder/)
    })
  })

  describe('service keys', () => {
    it('open what was sealed for the same column and month, in any process', () => {
      const text = vault.sealService('invitation.email', 'anna@example.org')
      expect(text).toMatch(/^v1\.2026-11\./)
      clock.advance(MONTH_MS)
      expect(anotherVault().openService('invitation.email', text)).toBe('anna@example.org')
      expect(() => vault.openService('invitation.name', text)).toThrow(SealBroken)
    })

    it('refuse a text that claims another epoch', () => {
      const text = vault.sealService('invitation.email', 'x')
      clock.advance(MONTH_MS)
      ring.currentEpoch()
      expect(() => vault.openService('invitation.email', text.replace('2026-11', '2026-12'))).toThrow(
        SealBroken,
      )
    })

    it('open nothing once their epoch is destroyed', () => {
      const text = vault.sealService('invitation.email', 'x')
      clock.advance(MONTH_MS)
      ring.currentEpoch()
      ring.destroy('2026-11' as Epoch)
      expect(vault.openService('invitation.email', text)).toBeNull()
    })

    it('carry what waits in the journal', () => {
      const text = vault.sealForIntake('{"email":"anna@example.org"}')
      expect(text).not.toContain('anna')
      expect(anotherVault().openFromIntake(text)).toBe('{"email":"anna@example.org"}')
      expect(() => vault.openFromIntake('{"email":"anna@example.org"}')).toThrow(SealBroken)
      expect(() => vault.openFromIntake(vault.sealService('invitation.email', 'x'))).toThrow(SealBroken)
    })
  })

  describe('look-ups and claims', () => {
    it('find a person by any writing of an address, without it in the row', async () => {
      await db.insert(person).values({ id: 'anna', email: vault.lookup(email, 'Anna@Example.org') })
      const [lookup] = vault.lookups(email, ' anna@example.ORG')
      expect(await db.$count(person, eq(person.email, lookup!))).toBe(1)
    })

    it('cost no row while one pepper is live', async () => {
      await vault.claim(db, 'anna', email, 'a@example.org')
      expect(await db.$count(vaultClaim)).toBe(0)
    })

    it('leave one winner when two writers use different peppers', async () => {
      ring.addPepper()
      const early = vault.lookup(email, 'a@example.org')
      clock.advance(PEPPER_NOTICE_MS)
      const late = vault.lookup(email, 'a@example.org')
      expect([early.slice(0, 3), late.slice(0, 3)]).toEqual(['h1.', 'h2.'])

      const write = (id: string, lookup: string) =>
        db.transaction(async (tx) => {
          await vault.claim(tx, id, email, 'a@example.org')
          await tx.insert(person).values({ id, email: lookup })
        })
      const outcomes = await Promise.allSettled([write('anna', early), write('ben', late)])
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(await db.$count(person)).toBe(1)
    })

    it('free an address that its owner gave up', async () => {
      ring.addPepper()
      await vault.claim(db, 'anna', email, 'old@example.org')
      await vault.claim(db, 'anna', email, 'new@example.org')
      await vault.claim(db, 'anna', email, 'new@example.org')
      await vault.claim(db, 'ben', email, 'old@example.org')
      await expect(vault.claim(db, 'ben', email, 'new@example.org')).rejects.toThrow()
      await vault.releaseClaims(db, 'anna')
      await vault.claim(db, 'ben', email, 'new@example.org')
      const owners = await db
        .select({ owner: vaultClaim.owner })
        .from(vaultClaim)
        .orderBy(asc(vaultClaim.owner))
      expect(owners).toEqual([{ owner: 'ben' }, { owner: 'ben' }])
    })
  })

  describe('pseudonyms', () => {
    it('are the same for ever, differ by kind and fit a subject', () => {
      const subject = vault.pseudonym('device', 'tv-1')
      clock.advance(20 * MONTH_MS)
      expect(anotherVault().pseudonym('device', 'tv-1')).toBe(subject)
      expect(vault.pseudonym('viewer', 'tv-1')).not.toBe(subject)
      expect(BigInt(subject)).toBeGreaterThan(0n)
      expect(BigInt(subject)).toBeLessThan(2n ** 63n)
    })

    it('cannot be computed without the secret of this installation', () => {
      const elsewhere = createVault({ ring: openFileKeyRing(join(folder, 'other'), { clock }), clock })
      expect(elsewhere.pseudonym('device', 'tv-1')).not.toBe(vault.pseudonym('device', 'tv-1'))
    })
  })
})
