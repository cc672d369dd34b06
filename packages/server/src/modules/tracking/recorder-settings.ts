import { byteSize, defineSettings, duration, integer } from '../../platform/settings.ts'

/** How the recorder writes to EVENTS. */
export const recorderSettings = defineSettings({
  batchRowsMax: {
    env: 'FOYER_RECORDER_BATCH_ROWS_MAX',
    schema: integer({ min: 1, max: 200_000 }),
    default: '20000',
    sentence: 'Rows after which a batch is sealed. Larger batches cost less per row and more memory.',
  },
  batchBytesMax: {
    env: 'FOYER_RECORDER_BATCH_BYTES_MAX',
    schema: byteSize,
    default: '8MB',
    sentence: 'Bytes of rows after which a batch is sealed.',
  },
  batchEvery: {
    env: 'FOYER_RECORDER_BATCH_EVERY',
    schema: duration,
    default: '250ms',
    sentence:
      'Least time from one batch to the next while less than a full one waits: most of what a report lags. Shorter makes more and smaller parts in EVENTS.',
  },
})
