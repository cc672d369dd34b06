import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startInstance, type TestInstance } from './instance.ts'
import { firstOperator } from './operator.ts'

const GUIDE = new URL('../docs/guides/first-service.md', import.meta.url)

let instance: TestInstance
beforeAll(async () => {
  instance = await startInstance()
})
afterAll(() => instance?.close())

/** Runs a script in bash, with the password on its standard input. */
async function bash(script: string, password: string): Promise<{ code: number | null; output: string }> {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], { stdio: 'pipe' })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stdin.end(`${password}\n`)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, output }
}

it('the commands of the guide lead from an empty instance to an event in a report, as they stand there', async () => {
  const guide = await readFile(GUIDE, 'utf8')
  const operator = await firstOperator(instance)
  const commands = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) =>
    block!.replace('http://127.0.0.1:4400', instance.url).replace('ana@example.com', operator.email),
  )
  const report = commands.pop()!
  const wanted = [...guide.matchAll(/`("\w+":\{"value":\d+),…\}`/g)].map(([, part]) => part!)
  expect(wanted).toHaveLength(3)
  // What the guide calls a moment is waited for.
  const seen = wanted.map((part) => `[[ $answer == *'${part}'* ]]`).join(' && ')
  const script = `${commands.join('\necho\n')}\nanswer=\nuntil ${seen}; do\nanswer=$(${report})\ndone\necho "$answer"\n`
  const { code, output } = await bash(script, operator.password)
  expect(output).toMatch(/^fk_\S+$/m)
  expect(output).toMatch(/^sk_\S+$/m)
  for (const part of wanted) expect(output).toContain(part)
  expect(code).toBe(0)
})
