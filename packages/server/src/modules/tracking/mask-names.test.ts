import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { playbackBatch, playbackContext, playbackEvent } from '@foyer/contracts'
import { kindOfKey, mayTell, nameKind } from './mask-names.ts'

const PERSONAL = [
  'email|e-mail|E_MAIL|customerEmail|billing_email|phone|workPhone|firstName|first_name|FIRSTNAME|displayName|fullName',
  'nickname|userName|user_name|customer.name|cardholderName|deviceName|birthDate|date_of_birth|street|address|Address 1',
  'shippingAddress|billing_address|postalCode|zip|shippingZip|token|apiKey|x-api-key|accessToken|refreshToken|secret',
  'sessionToken|clientSecret|password|userAgent|user.email|comment|note|feedback|latitude|traits|IBAN',
].flatMap((line) => line.split('|'))
const BEHAVIOUR = [
  'name|title|genre|seriesName|channelName|event|city|country|commentCount|releaseNotes|isMobile|smartphone|gzip|skip',
  'message|text|description|tokens|notebook|rating|position|language|category|label|screen_name_count|platform|flat',
].flatMap((line) => line.split('|'))

describe('a key', () => {
  it.each(PERSONAL)('%s says that a person stands under it', (key) => {
    expect(nameKind(key)).toBe('personal')
    expect(mayTell(Buffer.from(key), 0, key.length)).toBe(true)
  })

  it.each(BEHAVIOUR)('%s is behaviour', (key) => {
    expect(nameKind(key)).toBe('plain')
  })

  it.each(['ip', 'IP', 'ip_address', 'clientIp', 'ipAddress', 'remote_addr', 'X-Forwarded-For'])(
    '%s is of a machine',
    (key) => {
      expect(nameKind(key)).toBe('address')
      expect(mayTell(Buffer.from(key), 0, key.length)).toBe(true)
    },
  )

  it.each(
    [playbackEvent, playbackContext, playbackBatch, ...objectsOfContext()].flatMap(({ shape }) =>
      Object.keys(shape),
    ),
  )('of the native wire, %s, is kept', (key) => {
    if (key !== 'viewerToken') expect(nameKind(key)).not.toBe('personal')
  })
})

function objectsOfContext() {
  const { content, player, device, page } = playbackContext.shape
  return [content, player.unwrap(), device.unwrap(), page.unwrap()]
}

it('a key in a body’s bytes is of the kind that its text is, whichever keys were read before', () => {
  const key = fc.oneof(
    fc.constantFrom('email', 'gmail', 'name', 'nickname', 'bufferMs', 'ip', 'zip', 'é', 'q', 'userId', 'ID'),
    fc.string({ minLength: 1, maxLength: 70 }),
  )
  fc.assert(
    fc.property(fc.array(key, { maxLength: 40 }), (keys) => {
      for (const text of keys) {
        const bytes = Buffer.from(`"${text}":`)
        expect(kindOfKey(bytes, 1, bytes.length - 2)).toBe(nameKind(text))
      }
    }),
  )
})
