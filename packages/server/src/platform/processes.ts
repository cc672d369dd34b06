import { fork, type ChildProcess } from 'node:child_process'
import type { Clock } from './clock.ts'
import { StartupError } from './errors.ts'
import type { Logger } from './log.ts'

/**
 * A thin supervisor of child processes. They are begun together, so that all load their code meanwhile, and are told when
 * it is their stage's turn; they say when they are ready, are restarted when they die, and stopped in reverse order. They exit by themselves when the supervisor's channel closes, so that a killed
 * supervisor leaves nobody behind.
 */
export interface ChildSpec {
  readonly name: string
  /** The script and its arguments. */
  readonly script: string
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Options of Node, besides those of this process. */
  readonly nodeOptions?: readonly string[]
  /** Time it may take to finish its work when told to stop, ms; then it is killed. */
  readonly drainMsMax: number
}

export interface Supervisor {
  /** Resolves when every child has said that it is ready. Rejects with StartupError when one cannot start, or when it is stopped before. */
  readonly ready: Promise<void>
  /** Rejects when a child ended with a condition that a restart does not mend; never resolves. */
  readonly failed: Promise<never>
  /** Process ids by child, for tests that kill. */
  pids(): Record<string, number>
  /** Passes a message to a child, if it lives. */
  send(name: string, message: ChildMessage): void
  /** Stops all children, the last started first. */
  stop(): Promise<void>
}

/** What crosses the channel between supervisor and child. */
export type ChildMessage =
  | { readonly type: 'ready'; readonly info?: Readonly<Record<string, string | number>> }
  | { readonly type: 'metrics'; readonly role: string; readonly metrics: unknown }
  | { readonly type: 'live'; readonly news: unknown }
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'turn' }
  | { readonly type: 'drain' }

/** Exit code of a child whose start failed for a reason that a person must mend (sysexits.h EX_CONFIG). */
export const EXIT_CONFIGURATION = 78
/**
 * Exit code of a child whose start failed for a reason that may pass, such as a full disk (sysexits.h EX_TEMPFAIL). Who
 * waits for a first start is told at once; an instance that has run goes on trying.
 */
export const EXIT_TEMPORARY = 75

/** How often a child may end before everything has been ready once: what then fails fails for ever. */
const FIRST_ATTEMPTS_MAX = 5

const RESTART_DELAY_MS = { first: 100, last: 5_000 }
/** How long a child that lost its supervisor may take to finish. */
const ORPHAN_DRAIN_MS_MAX = 30_000
/** A child that lived this long starts again without delay. */
const STEADY_MS = 30_000

export interface SupervisorOptions {
  /** Children of a stage have their turn together, those of the next when all of them are ready. */
  readonly stages: readonly (readonly ChildSpec[])[]
  readonly clock: Clock
  readonly log: Logger
  /** Called with what a child sends besides `ready`. */
  readonly onMessage?: (from: string, message: ChildMessage) => void
  /** Called each time a child that ended is about to be started again. */
  readonly onRestart?: (name: string) => void
  /** Called each time a child says that it is ready. */
  readonly onReady?: (name: string, info: Readonly<Record<string, string | number>>) => void
}

/** How a child ended, and why in its own words if it had any. */
interface ChildEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly reason: string | undefined
}

interface Running {
  readonly spec: ChildSpec
  /** Resolves when all children of the stages before are ready. */
  readonly turn: Promise<unknown>
  process: ChildProcess
  startedAt: number
  delayMs: number
}

export function startSupervisor(options: SupervisorOptions): Supervisor {
  const { clock, log } = options
  const running = new Map<string, Running>()
  let isStopping = false
  let wasReady = false
  /** How often each child has ended before everything was ready. */
  const attempts = new Map<string, number>()
  let fail!: (error: Error) => void
  const failed = new Promise<never>((_resolve, reject) => (fail = reject))
  failed.catch(() => undefined)

  function start({ spec, turn, delayMs }: Omit<Running, 'process' | 'startedAt'>): Promise<void> {
    const child = fork(spec.script, [...spec.args], {
      env: { ...process.env, ...spec.environment },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [...process.execArgv, ...(spec.nodeOptions ?? [])],
    })
    const entry: Running = { spec, turn, process: child, startedAt: clock.now(), delayMs }
    running.set(spec.name, entry)
    let reason: string | undefined
    const tellTurn = () => void (child.connected && child.send({ type: 'turn' } satisfies ChildMessage))
    // Where a stage before does not come up, there is no turn, and `ready` says why.
    turn.then(tellTurn, () => undefined)
    return new Promise((resolve, reject) => {
      child.on('message', (message: ChildMessage) => {
        if (message.type === 'failed') return void (reason = message.reason)
        if (message.type !== 'ready') return options.onMessage?.(spec.name, message)
        options.onReady?.(spec.name, message.info ?? {})
        resolve()
      })
      child.once('exit', (code, signal) => {
        if (isStopping) return resolve()
        const refusal = refusalOf(spec.name, { code, signal, reason })
        if (refusal !== undefined) {
          const error = new StartupError(refusal)
          fail(error)
          return reject(error)
        }
        log.warn({ child: spec.name, code, signal, reason }, 'child ended, starting it again')
        options.onRestart?.(spec.name)
        restartLater(entry).then(resolve, reject)
      })
      child.once('error', reject)
    })
  }

  /** Why a child that ended is not started again; undefined when it is. */
  function refusalOf(name: string, end: ChildEnd): string | undefined {
    if (end.code === EXIT_CONFIGURATION)
      return end.reason ?? `${name} could not start; see its message above.`
    if (wasReady) return undefined
    if (end.code === EXIT_TEMPORARY && end.reason !== undefined) return end.reason
    const count = (attempts.get(name) ?? 0) + 1
    attempts.set(name, count)
    if (count < FIRST_ATTEMPTS_MAX) return undefined
    const last =
      end.reason ?? (end.signal ? `it was ended by ${end.signal}` : `it ended with code ${end.code}`)
    return `${name} did not start in ${count} attempts. The last one failed: ${last}`
  }

  function restartLater(entry: Running): Promise<void> {
    const wasSteady = clock.now() - entry.startedAt >= STEADY_MS
    const delayMs = wasSteady ? RESTART_DELAY_MS.first : entry.delayMs
    return new Promise((resolve, reject) => {
      // A real timer: restarts must happen under a manual clock too.
      setTimeout(() => {
        if (isStopping) return resolve()
        const next = { ...entry, delayMs: Math.min(delayMs * 2, RESTART_DELAY_MS.last) }
        start(next).then(resolve, reject)
      }, delayMs)
    })
  }

  async function startAll(): Promise<void> {
    const begun: Promise<unknown>[] = []
    for (const stage of options.stages) {
      const turn = begun.at(-1) ?? Promise.resolve()
      begun.push(Promise.all(stage.map((spec) => start({ spec, turn, delayMs: RESTART_DELAY_MS.first }))))
    }
    await Promise.all(begun)
    if (isStopping) throw new StartupError('It was stopped before it was ready.')
    wasReady = true
  }

  async function stopOne({ spec, process: child }: Running): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    if (child.connected) child.send({ type: 'drain' } satisfies ChildMessage)
    const timer = setTimeout(() => {
      log.error(
        { child: spec.name, drainMsMax: spec.drainMsMax },
        'child did not stop in time and was killed',
      )
      child.kill('SIGKILL')
    }, spec.drainMsMax)
    await exited
    clearTimeout(timer)
  }

  const ready = startAll()
  ready.catch(() => undefined)
  return {
    ready,
    failed,
    pids: () =>
      Object.fromEntries(
        [...running].flatMap(([name, { process: child }]) => (child.pid ? [[name, child.pid]] : [])),
      ),
    send(name, message) {
      const child = running.get(name)?.process
      if (child?.connected) child.send(message, () => undefined)
    },
    async stop() {
      isStopping = true
      for (const entry of [...running.values()].toReversed()) await stopOne(entry)
    },
  }
}

/**
 * The child's side: says `ready`, and calls `drain` once when the supervisor asks for it or is gone, then exits. Ctrl-C
 * reaches the whole group of a terminal; only the supervisor acts on it.
 */
export function actAsChild(options: { drain: () => Promise<void>; log: Logger }): {
  /** Resolves when it may begin: what it stands on is ready. At once where there is no supervisor. */
  readonly turn: Promise<void>
  ready(info?: Readonly<Record<string, string | number>>): void
  /** Tells the supervisor why it cannot start, and ends. Prints the reason where there is no supervisor. */
  fail(reason: string, exitCode: number): void
  /** `onSent` is called once the channel has taken it, or will not: who sends much waits for it. */
  send(message: ChildMessage, onSent?: () => void): void
  onMessage(listener: (message: ChildMessage) => void): void
} {
  let isReady = false
  let isDraining = false
  async function drainAndExit(): Promise<void> {
    if (isDraining) return
    isDraining = true
    // Before it is ready a child has promised nothing, and an engine whose threads are still opening a folder can hang in
    // an orderly exit for ever.
    if (!isReady) process.kill(process.pid, 'SIGKILL')
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), ORPHAN_DRAIN_MS_MAX).unref()
    try {
      await options.drain()
      process.exit(0)
    } catch (error) {
      options.log.error({ err: error }, 'draining failed')
      process.exit(1)
    }
  }
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => void drainAndExit())
  process.on('disconnect', () => void drainAndExit())
  const turn = Promise.withResolvers<void>()
  if (!process.send) turn.resolve()
  process.on('message', (message: ChildMessage) => {
    if (message.type === 'turn') turn.resolve()
    if (message.type === 'drain') void drainAndExit()
  })
  const send = (message: ChildMessage, onSent: () => void = () => undefined): void => {
    if (process.connected) process.send?.(message, () => onSent())
    else onSent()
  }
  return {
    turn: turn.promise,
    ready(info) {
      isReady = true
      send({ type: 'ready', ...(info ? { info } : {}) })
    },
    fail(reason, exitCode) {
      if (process.connected && process.send) {
        process.send({ type: 'failed', reason } satisfies ChildMessage, () => process.exit(exitCode))
        return
      }
      process.stderr.write(`${reason}\n`)
      process.exit(exitCode)
    },
    send,
    onMessage: (listener) => void process.on('message', listener),
  }
}
