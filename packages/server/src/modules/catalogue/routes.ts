import { z } from 'zod'
import {
  categoryList,
  channel,
  channelFields,
  channelPage,
  channelPatch,
  channelQuery,
  identifier,
  lineOfText,
  newChannel,
  newTitle,
  title,
  titleFields,
  titleKind,
  titlePage,
  titlePatch,
  titleQuery,
  type Channel,
  type Title,
} from '@foyer/contracts'
import type { AuditTrail } from '../../platform/audit.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/data-map.ts'
import { Problem } from '../../platform/errors.ts'
import { actorOf, problems, type Actor, type HttpServer, type Routes } from '../../platform/http/index.ts'
import { applyChanges } from './changes.ts'
import { familyOf, type Change, type Decision } from './decide.ts'
import { toChannel, toTitle, type Item, type ItemFields, type ItemKind } from './item.ts'
import { countCategories, listItems, readItems, type ListFilter } from './queries.ts'

export interface CatalogueRoutesDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: AuditTrail
}

const READ = { access: { right: 'catalogue.read' } } as const
const WRITE = { access: { right: 'catalogue.write' } } as const
const params = z.object({ id: identifier })
const tags = ['Catalogue']

/** `/v1/titles`, `/v1/channels` and `/v1/categories`. */
export function catalogueRoutes(deps: CatalogueRoutesDeps): Routes {
  return (server) => {
    familyRoutes(server, deps, TITLES)
    familyRoutes(server, deps, CHANNELS)
    server.get(
      '/v1/categories',
      { config: READ, schema: { summary: 'Categories in use', tags, response: { 200: categoryList } } },
      async () => ({ items: await countCategories(deps.db) }),
    )
  }
}

/** Titles and channels differ in what they say, not in how they are read and written. */
interface Family {
  readonly name: 'title' | 'channel'
  readonly kinds: readonly ItemKind[]
  readonly fresh: z.ZodType<ItemFields & { id: string }>
  readonly fields: z.ZodType<ItemFields>
  readonly patch: z.ZodType<ItemFields>
  readonly query: z.ZodType<
    Omit<ListFilter, 'kinds' | 'after'> & { cursor?: string | undefined; kind?: ItemKind | undefined }
  >
  readonly answer: z.ZodType<Title | Channel>
  readonly page: z.ZodType<{ items: (Title | Channel)[]; next: string | null }>
  readonly toAnswer: (item: Item) => Title | Channel
}

const TITLES: Family = {
  name: 'title',
  kinds: titleKind.options,
  fresh: newTitle,
  fields: titleFields,
  patch: titlePatch,
  query: titleQuery,
  answer: title,
  page: titlePage,
  toAnswer: toTitle,
}

const CHANNELS: Family = {
  name: 'channel',
  kinds: ['channel'],
  fresh: newChannel,
  fields: channelFields,
  patch: channelPatch,
  query: channelQuery,
  answer: channel,
  page: channelPage,
  toAnswer: toChannel,
}

function familyRoutes(server: HttpServer, deps: CatalogueRoutesDeps, family: Family): void {
  const { name, answer, toAnswer } = family
  const path = `/v1/${name}s`
  const asKind = (fields: ItemFields): ItemFields =>
    name === 'channel' ? { ...fields, kind: 'channel' } : fields

  server.get(
    path,
    {
      config: READ,
      schema: {
        summary: `List ${name}s by name`,
        tags,
        querystring: family.query,
        response: { 200: family.page, ...problems('request.invalid') },
      },
    },
    async ({ query: { kind, cursor, ...filter } }) => {
      const items = await listItems(deps.db, {
        ...filter,
        limit: filter.limit + 1,
        kinds: kind ? [kind] : family.kinds,
        after: cursor === undefined ? undefined : readCursor(cursor),
      })
      const page = items.slice(0, filter.limit)
      return { items: page.map(toAnswer), next: items.length > page.length ? cursorOf(page.at(-1)!) : null }
    },
  )

  server.post(
    path,
    {
      config: WRITE,
      schema: {
        summary: `Create a ${name}`,
        tags,
        body: family.fresh,
        response: { 201: answer, ...problems('request.invalid', `${name}.exists`) },
      },
    },
    async (request, reply) => {
      const { id, ...fields } = request.body
      const change = { id, mode: 'create', family: name, fields: asKind(fields) } as const
      const { item } = await write(deps, change, actorOf(request))
      return reply.code(201).send(toAnswer(item))
    },
  )

  server.get(
    `${path}/:id`,
    {
      config: READ,
      schema: {
        summary: `Read a ${name}`,
        tags,
        params,
        response: { 200: answer, ...problems(`${name}.not_found`) },
      },
    },
    async (request) => {
      const [item] = await readItems(deps.db, [request.params.id])
      if (!item || item.deletedAt !== null || familyOf(item) !== name) throw new Problem(`${name}.not_found`)
      return toAnswer(item)
    },
  )

  server.put(
    `${path}/:id`,
    {
      config: WRITE,
      schema: {
        summary: `Create or replace a ${name}`,
        tags,
        params,
        body: family.fields,
        response: { 200: answer, 201: answer, ...problems('request.invalid', `${name}.exists`) },
      },
    },
    async (request, reply) => {
      const fields = asKind(request.body)
      const change = { id: request.params.id, mode: 'replace', family: name, fields } as const
      const { outcome, item } = await write(deps, change, actorOf(request))
      return reply.code(outcome === 'created' ? 201 : 200).send(toAnswer(item))
    },
  )

  server.patch(
    `${path}/:id`,
    {
      config: WRITE,
      schema: {
        summary: `Change fields of a ${name}`,
        tags,
        params,
        body: family.patch,
        response: { 200: answer, ...problems('request.invalid', `${name}.not_found`, 'title.in_use') },
      },
    },
    async (request) => {
      const change = { id: request.params.id, mode: 'update', family: name, fields: request.body } as const
      const { item } = await write(deps, change, actorOf(request))
      return toAnswer(item)
    },
  )

  server.delete(
    `${path}/:id`,
    {
      config: WRITE,
      schema: {
        summary: `Delete a ${name}; reports still name it`,
        tags,
        params,
        response: { 204: z.null(), ...problems(`${name}.not_found`, 'title.in_use') },
      },
    },
    async (request, reply) => {
      const change = { id: request.params.id, mode: 'delete', family: name, fields: {} } as const
      await write(deps, change, actorOf(request))
      return reply.code(204).send(null)
    },
  )
}

/** Makes one change and puts it on the audit trail. Throws the Problem of a refusal. */
async function write(
  deps: CatalogueRoutesDeps,
  change: Change,
  actor: Actor,
): Promise<Exclude<Decision, { outcome: 'refused' }>> {
  const decision = await deps.db.transaction(async (tx) => {
    const [decided] = await applyChanges(tx, deps.clock, [change])
    if ('changed' in decided!) {
      const { outcome, changed } = decided
      const details = changed.length > 0 ? { fields: changed } : {}
      await deps.audit.record(
        { actor, action: `${change.family}.${outcome}`, object: change.id, details },
        tx,
      )
    }
    return decided!
  })
  if (decision.outcome === 'refused') {
    const { code, errors } = decision
    const said = errors.map(({ field, message }) => `${field} ${message}`).join('; ')
    throw new Problem(code, `${said}.`, { errors: [...errors] })
  }
  return decision
}

function cursorOf({ name, id }: Item): string {
  return Buffer.from(JSON.stringify([name, id])).toString('base64url')
}

const cursorContent = z.tuple([lineOfText, identifier])

function readCursor(cursor: string): { name: string; id: string } {
  try {
    const [name, id] = cursorContent.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
    return { name, id }
  } catch {
    throw new Problem('request.invalid', 'Take the cursor from `next` of the page before.', {
      errors: [{ field: 'querystring.cursor', message: 'is not a cursor of this list' }],
    })
  }
}
