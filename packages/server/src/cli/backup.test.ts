import { expect, test } from 'vitest'
import { meanwhileOf } from './backup.ts'

const manifest = { held: { recorderMs: 1_234, recordsMs: 56 } }

test('a backup of an instance that runs tells for how long it stood still, and that events were accepted', () => {
  expect(meanwhileOf({ wasRunning: true, manifest })).toBe(
    'Meanwhile the recorder stood still for 1.23 s and the records for 0.06 s; events were accepted all the time.',
  )
})

test('a backup of an instance that is stopped does not claim that events were accepted', () => {
  const text = meanwhileOf({ wasRunning: false, manifest })
  expect(text).toBe('The instance did not run, so no events were accepted meanwhile.')
})
