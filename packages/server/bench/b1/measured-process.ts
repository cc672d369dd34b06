import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** In the child: tells its port, and from then on its CPU time when it is asked. */
export function serveMeasured(port: number): void {
  process.on('message', () => process.send!({ cpuUs: cpuUs() }))
  process.on('disconnect', () => process.exit())
  process.send!({ port })
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** A server in a process of its own, whose CPU time can be asked for. */
export interface MeasuredProcess {
  readonly port: number
  cpuUs(): Promise<number>
  stop(): Promise<void>
}

/** `FOYER_BENCH_NODE_ARGS` adds options of Node, to look closer: `--trace-gc`. */
export async function startMeasured(
  script: string,
  args: readonly string[],
  nodeOptions: readonly string[] = [],
): Promise<MeasuredProcess> {
  const child = fork(script, [...args], {
    execArgv: [...nodeOptions, ...(process.env['FOYER_BENCH_NODE_ARGS']?.split(' ') ?? [])],
  })
  const { port } = await message<{ port: number }>(child)
  return {
    port,
    async cpuUs() {
      const answer = message<{ cpuUs: number }>(child)
      child.send('cpu')
      return (await answer).cpuUs
    },
    async stop() {
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
    },
  }
}

async function message<T>(child: ChildProcess): Promise<T> {
  const over = new AbortController()
  const ended = once(child, 'exit', { signal: over.signal }).then(([code]) => {
    throw new Error(`a server ended early with ${String(code)}`)
  })
  try {
    const [answer] = (await Promise.race([once(child, 'message', { signal: over.signal }), ended])) as [T]
    return answer
  } finally {
    over.abort()
    ended.catch(() => undefined)
  }
}
