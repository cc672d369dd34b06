import { defineSettings, duration } from '../../platform/settings.ts'

export const accountsSettings = defineSettings({
  viewerTokenMsMax: {
    env: 'FOYER_VIEWER_TOKEN_LIFETIME_MAX',
    schema: duration,
    default: '24h',
    sentence:
      'How far ahead a viewer token may expire; one that lives longer is refused. Shorter limits what a stolen token is good for.',
  },
})
