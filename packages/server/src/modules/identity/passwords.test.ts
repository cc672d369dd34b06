import { describe, expect, it } from 'vitest'
import { Problem } from '../../platform/errors.ts'
import { refuseWeak } from './passwords.ts'

const OWN = ['ana.maria@example.org', 'Ana María Núñez', 'Cinema Ñandú']

describe('a password', () => {
  it.each([
    'password1',
    'P@ssw0rd!',
    'qwertyuiop',
    'aaaaaaaaaaaa',
    '19841984',
    'summer2024',
    'ana.maria@example.org',
    'anamaria1',
    'cinema2024',
    'abcdefgh',
    '12345678',
    'x'.repeat(128),
  ])('%j is refused, with a word on why', async (password) => {
    const refused: unknown = await refuseWeak(password, OWN).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(Problem)
    expect(refused).toMatchObject({ code: 'account.password_common', errors: [{ field: 'body.password' }] })
  })

  it.each(['correct horse battery', 'dragonfly-lamp', 'Xk29fjq0', 'каток у озера', '密码不是这个样子的'])(
    '%j is taken',
    (password) => refuseWeak(password, OWN),
  )

  it('of the greatest length is judged in no time worth attacking', async () => {
    const mixed = Array.from({ length: 128 }, (_, at) => String.fromCodePoint(97 + ((at * 7) % 26))).join('')
    const start = performance.now()
    await refuseWeak(mixed, OWN).catch(() => undefined)
    // Not a measurement: what grows with the square of the length would take seconds.
    expect(performance.now() - start).toBeLessThan(5_000)
  })
})
