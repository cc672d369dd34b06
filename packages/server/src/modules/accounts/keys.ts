import { and, asc, count, eq, gt, isNull } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import {
  SERVICE_LIMITS,
  writeKeyInput,
  type ViewerTokenSecret,
  type WriteKey,
  type WriteKeyInput,
} from '@foyer/contracts'
import type { AuditTrail } from '../../platform/audit.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/data-map.ts'
import { Problem } from '../../platform/errors.ts'
import type { Actor } from '../../platform/http/index.ts'
import { newSecret, sha256, uuidV7, type RandomSource } from '../../platform/ids.ts'
import type { Vault } from '../../platform/vault/index.ts'
import { bumpRevision, type Directory } from './directory.ts'
import { viewerTokenSecret, writeKey } from './schema.ts'
import { appRow, limitReached, pageOf, type Page, type PageRequest } from './services.ts'

/** Write keys and viewer-token secrets of apps. Secrets are answered once, when they are made. */
export interface Keys {
  listWriteKeys(app: string, page: PageRequest): Promise<Page<WriteKey>>
  createWriteKey(actor: Actor, app: string, input: WriteKeyInput): Promise<WriteKey>
  /** From now on the key is refused: here at once, elsewhere within 1 s. Again: answers as before. */
  revokeWriteKey(actor: Actor, app: string, id: string): Promise<WriteKey>
  listTokenSecrets(app: string, page: PageRequest): Promise<Page<ViewerTokenSecret>>
  createTokenSecret(actor: Actor, app: string): Promise<ViewerTokenSecret>
  revokeTokenSecret(actor: Actor, app: string, id: string): Promise<ViewerTokenSecret>
}

/** Owner in the vault of an app's secrets. */
export function appOwner(app: string): string {
  return `app:${app}`
}

export const TOKEN_SECRET_COLUMN = 'viewer_token_secret.secret'

/** Characters of a key that are shown for ever: its kind and a little of it. */
const PREFIX_LENGTH = 8
/** HS256 wants a key of at least the hash's size (RFC 7518 §3.2). */
const TOKEN_SECRET_BYTES = 32

export function createKeys(deps: {
  db: NodePgDatabase
  vault: Vault
  clock: Clock
  random: RandomSource
  audit: AuditTrail
  directory: Directory
}): Keys {
  const { db, vault, clock, random, audit, directory } = deps

  async function write<T>(change: (tx: Database, now: Date) => Promise<T>): Promise<T> {
    const result = await db.transaction(async (tx) => {
      const done = await change(tx, new Date(clock.now()))
      await bumpRevision(tx)
      return done
    })
    directory.invalidate()
    return result
  }

  return {
    async listWriteKeys(app, { limit, cursor }) {
      await appRow(db, app)
      const rows = await db
        .select()
        .from(writeKey)
        .where(and(eq(writeKey.app, app), cursor === undefined ? undefined : gt(writeKey.id, cursor)))
        .orderBy(asc(writeKey.id))
        .limit(limit + 1)
      return pageOf(rows.map(toWriteKey), limit)
    },

    async createWriteKey(actor, app, input) {
      const { kind, label } = writeKeyInput.parse(input)
      const key = newSecret(kind === 'browser' ? 'wk' : 'sk', random)
      const row = await write(async (tx, now) => {
        await appRow(tx, app, 'update')
        const [{ total } = { total: 0 }] = await tx
          .select({ total: count() })
          .from(writeKey)
          .where(and(eq(writeKey.app, app), isNull(writeKey.revokedAt)))
        if (total >= SERVICE_LIMITS.liveKeysPerApp)
          throw limitReached('live write keys of an app', SERVICE_LIMITS.liveKeysPerApp)
        const [made] = await tx
          .insert(writeKey)
          .values({
            id: uuidV7(now.getTime(), random),
            app,
            kind,
            label,
            prefix: key.slice(0, PREFIX_LENGTH),
            hash: sha256(key),
            readableKey: kind === 'browser' ? key : null,
            createdAt: now,
          })
          .returning()
        await audit.record(
          {
            actor,
            action: 'write_key.created',
            object: made!.id,
            details: { app, kind, label },
          },
          tx,
        )
        return made!
      })
      return { ...toWriteKey(row), key }
    },

    async revokeWriteKey(actor, app, id) {
      const row = await write(async (tx, now) => {
        const where = and(eq(writeKey.app, app), eq(writeKey.id, id))
        await tx
          .update(writeKey)
          .set({ revokedAt: now })
          .where(and(where, isNull(writeKey.revokedAt)))
        const [found] = await tx.select().from(writeKey).where(where)
        if (!found) throw new Problem('write_key.not_found', `The app ${app} has no such write key.`)
        await audit.record({ actor, action: 'write_key.revoked', object: id, details: { app } }, tx)
        return found
      })
      return toWriteKey(row)
    },

    async listTokenSecrets(app, { limit, cursor }) {
      await appRow(db, app)
      const rows = await db
        .select()
        .from(viewerTokenSecret)
        .where(
          and(
            eq(viewerTokenSecret.app, app),
            cursor === undefined ? undefined : gt(viewerTokenSecret.id, cursor),
          ),
        )
        .orderBy(asc(viewerTokenSecret.id))
        .limit(limit + 1)
      return pageOf(rows.map(toTokenSecret), limit)
    },

    async createTokenSecret(actor, app) {
      const secret = Buffer.from(random(TOKEN_SECRET_BYTES)).toString('base64url')
      const row = await write(async (tx, now) => {
        await appRow(tx, app, 'update')
        const [{ total } = { total: 0 }] = await tx
          .select({ total: count() })
          .from(viewerTokenSecret)
          .where(and(eq(viewerTokenSecret.app, app), isNull(viewerTokenSecret.revokedAt)))
        if (total >= SERVICE_LIMITS.liveSecretsPerApp)
          throw limitReached('live viewer-token secrets of an app', SERVICE_LIMITS.liveSecretsPerApp)
        await vault.createKey(tx, appOwner(app))
        const [made] = await tx
          .insert(viewerTokenSecret)
          .values({
            id: uuidV7(now.getTime(), random),
            app,
            secret: await vault.seal(tx, appOwner(app), TOKEN_SECRET_COLUMN, secret),
            createdAt: now,
          })
          .returning()
        await audit.record(
          { actor, action: 'viewer_token_secret.created', object: made!.id, details: { app } },
          tx,
        )
        return made!
      })
      return { ...toTokenSecret(row), secret }
    },

    async revokeTokenSecret(actor, app, id) {
      const row = await write(async (tx, now) => {
        const where = and(eq(viewerTokenSecret.app, app), eq(viewerTokenSecret.id, id))
        await tx
          .update(viewerTokenSecret)
          .set({ revokedAt: now })
          .where(and(where, isNull(viewerTokenSecret.revokedAt)))
        const [found] = await tx.select().from(viewerTokenSecret).where(where)
        if (!found) throw new Problem('viewer_token_secret.not_found', `The app ${app} has no such secret.`)
        await audit.record({ actor, action: 'viewer_token_secret.revoked', object: id, details: { app } }, tx)
        return found
      })
      return toTokenSecret(row)
    },
  }
}

function toWriteKey(row: typeof writeKey.$inferSelect): WriteKey {
  return {
    id: row.id,
    app: row.app,
    kind: row.kind,
    label: row.label,
    key: row.readableKey,
    prefix: row.prefix,
    createdAt: row.createdAt.toISOString(),
    revokedAt: row.revokedAt?.toISOString() ?? null,
  }
}

function toTokenSecret(row: typeof viewerTokenSecret.$inferSelect): ViewerTokenSecret {
  return {
    id: row.id,
    app: row.app,
    secret: null,
    createdAt: row.createdAt.toISOString(),
    revokedAt: row.revokedAt?.toISOString() ?? null,
  }
}
