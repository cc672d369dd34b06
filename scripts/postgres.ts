import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A PostgreSQL that nobody else uses, with an empty database, for as long as tests run. */
export type OwnPostgres =
  | { readonly kind: 'started'; readonly url: string; stop(): Promise<void> }
  /** This machine has none, or it does not start. */
  | { readonly kind: 'missing'; readonly reason: string }

/**
 * Runs tests on the server that TEST_POSTGRES_URL names, or on one started for them where that is wanted. Resolves with
 * their exit code. A run that could not try what was wanted says so last, and fails.
 */
export async function runOnPostgres(
  wanted: 'if named' | 'always' | 'never',
  tests: (url: string | undefined) => Promise<number>,
  { start = startPostgres, say = (text: string) => void process.stderr.write(text) } = {},
): Promise<number> {
  const named = process.env['TEST_POSTGRES_URL']
  if (wanted === 'never') {
    const code = await tests(undefined)
    say('Not tried, as you said: RECORDS on PostgreSQL.\n')
    return code
  }
  if (named || wanted === 'if named') return tests(named)
  const own = await start()
  if (own.kind === 'missing') {
    const code = await tests(undefined)
    say(`NOT TRIED: RECORDS on PostgreSQL. ${own.reason}.\n${REMEDIES}\n`)
    return code || 1
  }
  try {
    return await tests(own.url)
  } finally {
    await own.stop()
  }
}

const REMEDIES =
  'Install it (Debian: apt install postgresql), set TEST_POSTGRES_URL to a server, or say --without-postgres.'

/** Folders with the programs of PostgreSQL: the newest of Debian's, which are in no PATH, then what is in it. */
export function programFolders(): string[] {
  const version = (folder: string) => Number(folder.split('/').at(-2))
  const debian = globSync('/usr/lib/postgresql/*/bin').toSorted((a, b) => version(b) - version(a))
  return [...debian, ...(process.env['PATH'] ?? '').split(':')]
}

export async function startPostgres(folders = programFolders()): Promise<OwnPostgres> {
  const programs = folders.find((folder) => folder !== '' && existsSync(join(folder, 'initdb')))
  if (programs === undefined) return { kind: 'missing', reason: 'PostgreSQL is not installed' }
  let folder: string | null = null
  let isUp = false
  const remove = async () => {
    if (isUp) await run(`${programs}/pg_ctl`, `--pgdata=${folder}/data`, '--mode=immediate', 'stop')
    if (folder) rmSync(folder, { recursive: true, force: true })
  }
  try {
    folder = (await run('mktemp', '-d', join(tmpdir(), 'foyer-postgres-XXXXXX'))).trim()
    const port = await freePort()
    await run(
      `${programs}/initdb`,
      `--pgdata=${folder}/data`,
      '--username=postgres',
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C.UTF-8',
    )
    // Test files have pools of their own.
    const options = `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories= -c max_connections=200`
    await run(
      `${programs}/pg_ctl`,
      `--pgdata=${folder}/data`,
      `--log=${folder}/log`,
      `--options=${options}`,
      '--wait',
      'start',
    )
    isUp = true
    return { kind: 'started', url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop: remove }
  } catch (error) {
    const log = folder && existsSync(`${folder}/log`) ? readFileSync(`${folder}/log`, 'utf8') : ''
    await remove()
    return { kind: 'missing', reason: `PostgreSQL did not start: ${(error as Error).message}\n${log}`.trim() }
  }
}

/** It refuses to run as root; Debian's package brings a user for it. Standard output. */
async function run(program: string, ...args: string[]): Promise<string> {
  const [file, ...rest] =
    process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--', program, ...args] : [program, ...args]
  // A folder that any user may enter.
  const { stdout } = await promisify(execFile)(file, rest, { cwd: tmpdir() })
  return stdout
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
