import { expect, it } from 'vitest'
import { StartupError } from '../platform/errors.ts'
import { readyWithin, type LaunchedInstance } from './instance.ts'

const launched = (ready: LaunchedInstance['ready']): LaunchedInstance => ({
  ready,
  supervisor: undefined as never,
  stop: async () => undefined,
})

it('an instance whose children end at their start again and again is given up in time', async () => {
  const never = launched(new Promise(() => undefined))
  await expect(readyWithin(never, 20)).rejects.toThrow('The engines did not start within 0.02 s')
})

it('what keeps it from starting is told as it is', async () => {
  const refused = launched(Promise.reject(new StartupError('records could not start')))
  await expect(readyWithin(refused, 60_000)).rejects.toThrow('records could not start')
  await readyWithin(launched(Promise.resolve({ url: '', firstOperatorLink: '' })), 60_000)
})
