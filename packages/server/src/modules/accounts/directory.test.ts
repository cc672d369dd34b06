import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { openAccountsRig, type AccountsRig } from '../../../test/accounts.ts'
import { createLogger } from '../../platform/log.ts'
import { createDirectory } from './directory.ts'

let rig: AccountsRig
let key: string
beforeAll(async () => {
  rig = await openAccountsRig()
  await rig.call('POST', '/v1/services', {
    id: 'cinema',
    name: 'Cinema',
    timeZone: 'UTC',
    localCountry: 'ES',
    language: 'es',
  })
  await rig.call('POST', '/v1/apps', { id: 'cinema-web', service: 'cinema', name: 'Web', platform: 'web' })
  const made = await rig.call('POST', '/v1/apps/cinema-web/write-keys', { kind: 'server', label: 'test' })
  key = made.body.key
})
afterAll(() => rig?.close())

it('answers for a known key while RECORDS is away, for half a minute, and checks when it is back', async () => {
  const { clock } = rig
  const pause = pausable(rig.records.db)
  const directory = createDirectory({
    db: pause.db,
    clock,
    log: createLogger({ role: 'test', level: 'silent' }),
  })
  expect(await directory.appByWriteKey(key)).toMatchObject({ app: { id: 'cinema-web' } })

  pause.on()
  clock.advance(5_000)
  const first = directory.appByWriteKey(key)
  await vi.waitFor(() => expect(pause.waiting()).toBe(1))
  clock.advance(250)
  expect(await first).toMatchObject({ app: { id: 'cinema-web' } })
  // No later question waits at all, nor asks RECORDS again.
  for (let more = 0; more < 3; more++)
    expect(await directory.appByWriteKey(key)).toMatchObject({ keyKind: 'server' })
  expect(pause.waiting()).toBe(1)

  clock.advance(30_000)
  let isAnswered = false
  const tooLate = directory.appByWriteKey(key).finally(() => (isAnswered = true))
  await new Promise((resolve) => setImmediate(resolve))
  expect(isAnswered).toBe(false)

  await rig.records.pool.query('UPDATE write_key SET revoked_at = now()')
  await rig.records.pool.query('UPDATE service_revision SET revision = revision + 1')
  pause.off()
  expect(await tooLate).toBeNull()
})

it('says of an unknown key while RECORDS is away that it cannot tell, after a second and not no', async () => {
  const { clock } = rig
  const pause = pausable(rig.records.db)
  const directory = createDirectory({
    db: pause.db,
    clock,
    log: createLogger({ role: 'test', level: 'silent' }),
  })
  await rig.records.pool.query('UPDATE write_key SET revoked_at = NULL')
  expect(await directory.appByWriteKey('unknown')).toBeNull()

  pause.on()
  clock.advance(500)
  const answers = ['unknown', 'another'].map((wrong) => directory.appByWriteKey(wrong))
  const refusals = Promise.all(
    answers.map((answer) => expect(answer).rejects.toMatchObject({ code: 'store.unavailable' })),
  )
  await vi.waitFor(() => expect(pause.waiting()).toBe(1))
  clock.advance(1_000)
  await refusals
  const known = directory.appByWriteKey(key)
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(250)
  expect(await known).toMatchObject({ keyKind: 'server' })
  pause.off()
  await vi.waitFor(async () => expect(await directory.appByWriteKey('unknown')).toBeNull())
})

/** The same database, whose queries do not get through while it is paused. */
function pausable(db: AccountsRig['records']['db']) {
  let gate: PromiseWithResolvers<void> | null = null
  let waiting = 0
  return {
    on: () => void (gate = Promise.withResolvers()),
    off: () => gate?.resolve(),
    waiting: () => waiting,
    db: new Proxy(db, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown
        if (name !== 'select' || !gate) return value
        return (fields: never) => ({
          async from(table: never) {
            waiting++
            await gate!.promise
            gate = null
            return target.select(fields).from(table)
          },
        })
      },
    }),
  }
}
