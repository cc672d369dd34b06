import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand, startInstance, type TestInstance } from './instance.ts'
import { firstOperator, testApp } from './operator.ts'

/** What `foyer doctor` says of an instance that runs, one that does not, and broken ones; never with a stack trace. */

interface Finding {
  check: string
  state: 'ok' | 'warning' | 'failed'
  says: string
  todo: string | null
}

let root: string
let instance: TestInstance
const at = (name: string): string => join(root, name)

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'foyer-doctor-'))
  instance = await startInstance({ dataFolder: at('data') })
  await testApp(await firstOperator(instance))
})
afterAll(async () => {
  await instance.stop()
  rmSync(root, { recursive: true, force: true })
})

async function examined(
  name: string,
  environment: Record<string, string> = {},
): Promise<{ code: number | null; findings: Finding[] }> {
  const { code, output } = await runCommand(['doctor', '--json'], { dataFolder: at(name), environment })
  expect(output).not.toMatch(/\n\s+at |node:internal/)
  return { code, findings: (JSON.parse(output) as { findings: Finding[] }).findings }
}

const unwell = (findings: readonly Finding[], ...expected: string[]) =>
  findings.filter(({ check, state }) => state !== 'ok' && !expected.includes(check))

/** What may be so of the machine that tests run on. */
const MACHINE = ['Memory', 'Time service', 'Open files', 'Disk', 'Disk files']

describe('foyer doctor', { timeout: 300_000 }, () => {
  it('asks the engines of an instance that runs, which goes on', async () => {
    const port = new URL(instance.url).port
    const { code, findings } = await examined('data', { FOYER_PORT: port })
    expect(unwell(findings, ...MACHINE)).toEqual([])
    expect(findings).toContainEqual(
      expect.objectContaining({ says: `Foyer is ready at ${instance.url}/readyz.` }),
    )
    expect(findings.map(({ says }) => says).join()).toContain('The keys open what the records hold.')
    expect(code).toBe(0)
    expect((await fetch(`${instance.url}/readyz`)).status).toBe(200)
  })

  it('opens the engines of one that does not run, and leaves it as it was', async () => {
    await instance.stop()
    const { code, findings } = await examined('data')
    expect(unwell(findings, ...MACHINE)).toEqual([])
    expect(findings.filter(({ check }) => check === 'Engines')).toHaveLength(2)
    expect(code).toBe(0)
    instance = await startInstance({ dataFolder: at('data') })
    await instance.stop()
  })

  it('speaks to people too, and says what to do', async () => {
    const { code, output } = await runCommand(['doctor'], {
      dataFolder: at('nowhere'),
      environment: { FOYER_HOST: '192.0.2.1', FOYER_PORT: '4400' },
    })
    expect(output).toMatch(/^warning {2}Folder +There is no data folder/m)
    expect(output).toMatch(/^FAILED {3}Port +Nothing can listen on 192\.0\.2\.1:4400/m)
    expect(output).toContain('→ Set FOYER_HOST to an address of this machine')
    expect(code).toBe(1)
    expect(existsSync(at('nowhere'))).toBe(false)
  })

  const broken: [name: string, breakIt: (folder: string) => void, check: string, says: RegExp][] = [
    ['without keys', (folder) => rmSync(join(folder, 'keys'), { recursive: true }), 'Folder', /lacks keys/],
    [
      'with other keys',
      (folder) => {
        for (const file of readdirSync(join(folder, 'keys'))) {
          if (file.startsWith('epoch-')) rmSync(join(folder, 'keys', file))
        }
      },
      'Keys and records',
      /do not open/,
    ],
    [
      'whose journal is something else',
      (folder) => writeFileSync(join(folder, 'journal', 'data.mdb'), 'x'.repeat(8_192)),
      'Journal',
      /is not an LMDB file/,
    ],
    [
      'whose records are of another PostgreSQL',
      (folder) => writeFileSync(join(folder, 'records', 'PG_VERSION'), '17\n'),
      'Engines',
      /were written by PostgreSQL 17/,
    ],
    [
      'whose records are damaged',
      (folder) => rmSync(join(folder, 'records', 'global', 'pg_control')),
      'Engines',
      /records cannot be opened: .*(pg_control|do not start)/,
    ],
  ]
  it.each(broken)('tells of a folder %s what is wrong', async (name, breakIt, check, says) => {
    cpSync(at('data'), at(name), { recursive: true, verbatimSymlinks: true })
    chmodSync(join(at(name), 'keys'), 0o700)
    breakIt(at(name))
    const { code, findings } = await examined(name)
    const failed = findings.filter(({ state }) => state === 'failed')
    expect(failed.map((finding) => finding.check)).toContain(check)
    const finding = failed.find((each) => each.check === check)!
    expect(finding.says).toMatch(says)
    expect(finding.todo).not.toBeNull()
    expect(code).toBe(1)
  })

  it('tells a wrong setting by its name', async () => {
    const { code, findings } = await examined('data', { FOYER_PROT: '1' })
    expect(findings.at(-1)).toMatchObject({ check: 'Settings', state: 'failed' })
    expect(findings.at(-1)!.says).toContain('FOYER_PROT')
    expect(code).toBe(1)
  })
})
