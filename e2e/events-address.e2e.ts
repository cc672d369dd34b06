import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runCommand } from './instance.ts'

/** FOYER_EVENTS_URL that leads to no use: the start says so, once, and ends. */

const PASSWORD = 'the-password-of-nobody'

let server: Server
let dataFolder: string
beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'foyer-events-address-'))
  server = createServer((_request, response) =>
    response
      .writeHead(403, { 'X-ClickHouse-Exception-Code': '516' })
      .end(
        'Code: 516. DB::Exception: foyer: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED) (version 25.8.2.29 (official build))\n',
      ),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await rm(dataFolder, { recursive: true })
})

it('a server that refuses ends the start at once with its words and the name of the setting', async () => {
  const { port } = server.address() as AddressInfo
  const environment = { FOYER_EVENTS_URL: `http://foyer:${PASSWORD}@127.0.0.1:${port}/foyer` }
  const { code, output } = await runCommand(['serve'], { dataFolder, environment })
  expect(output).toBe(
    "The events' ClickHouse refuses: foyer: Authentication failed: password is incorrect, or there is no user with such name. Check FOYER_EVENTS_URL.\n",
  )
  expect(code).toBe(78)
})

it('an address that cannot be read ends it without a word of the address', async () => {
  const environment = { FOYER_EVENTS_URL: `http://foyer:${PASSWORD}@127.0.0.1:99999/foyer` }
  const { code, output } = await runCommand(['serve'], { dataFolder, environment })
  expect(output).toContain('FOYER_EVENTS_URL: http(s)://user:password@host:port/database')
  expect(output).not.toContain(PASSWORD)
  expect(code).toBe(78)
})
