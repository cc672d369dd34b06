import http from 'node:http'
import { createClient, type ClickHouseClient } from '@clickhouse/client'
import { openDataFolder } from '../packages/server/src/cli/data-folder.ts'

/**
 * Asks the EVENTS of a running instance in SQL, past all of Foyer's own code: the stock ClickHouse client on the socket of
 * the embedded engine.
 */
export async function queryEvents<Row>(dataFolder: string, query: string): Promise<Row[]> {
  return withClient(dataFolder, async (client) => {
    const result = await client.query({ query, format: 'JSONEachRow' })
    return await result.json<Row>()
  })
}

/** Changes EVENTS in SQL, past all of Foyer's own code. */
export async function commandEvents(dataFolder: string, query: string): Promise<void> {
  await withClient(dataFolder, (client) => client.command({ query }))
}

async function withClient<T>(dataFolder: string, work: (client: ClickHouseClient) => Promise<T>): Promise<T> {
  // Node passes an agent's options on to the connection; its types do not know of `socketPath`.
  const agent = new http.Agent({ socketPath: openDataFolder(dataFolder).eventsSocket } as http.AgentOptions)
  const client = createClient({ url: 'http://events', http_agent: agent, database: 'foyer' })
  try {
    return await work(client)
  } finally {
    await client.close()
    agent.destroy()
  }
}
