import { byteSize, defineSettings, integer } from '../../platform/settings.ts'

/** Settings of the embedded journal. */
export const journalSettings = defineSettings({
  bytesMax: {
    env: 'FOYER_JOURNAL_BYTES_MAX',
    schema: byteSize,
    default: '2GB',
    sentence:
      'Bytes that may wait in the journal. Above it the intake answers 503 with Retry-After until the recorder has caught up; leave at least twice as much disk.',
  },
  entriesMax: {
    env: 'FOYER_JOURNAL_ENTRIES_MAX',
    schema: integer({ min: 1, max: 1_000_000_000 }),
    default: '5000000',
    sentence: 'Requests that may wait in the journal, likewise.',
  },
})
