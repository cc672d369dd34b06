import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { playbackContext, playbackEvent, PLAYBACK_TYPES, PLAYER_EVENT_NAMES } from '@foyer/contracts'

const page = readFileSync(
  join(import.meta.dirname, '../../../../../../docs/reference/playback-wire.md'),
  'utf8',
)

describe('the reference page of the native wire', () => {
  it.each([...PLAYBACK_TYPES, ...Object.keys(playbackEvent.shape), ...Object.keys(playbackContext.shape)])(
    'explains %s',
    (name) => {
      expect(page).toContain(`\`${name}\``)
    },
  )

  it('says under which name an event is drawn', () => {
    for (const [type, name] of Object.entries(PLAYER_EVENT_NAMES))
      expect(
        page.split('\n').find((line) => line.includes(`| \`${type}\``) || line.includes(`, \`${type}\``)),
      ).toContain(name)
  })
})
