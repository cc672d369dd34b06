import { PassThrough, type Readable } from 'node:stream'
import type { Clock } from '../../platform/clock.ts'
import { isRefusal } from '../../platform/http/index.ts'
import type { Logger } from '../../platform/log.ts'

/**
 * Tells open pages that what they show has changed (R24), as server-sent events: `event: changed`, without data, for a
 * page asks for the report that it shows anyway. However many pages watch a topic, it is looked at once per interval, and
 * not at all when nobody watches.
 */
export interface Changes {
  /**
   * A stream of server-sent events about a topic; it ends with the client, with `stop`, or at the first heartbeat after
   * `mayStill` has come to refuse. While it cannot tell, the stream stays.
   */
  subscribe(topic: string, mayStill?: () => Promise<void>): Readable
  /** Ends all streams. */
  stop(): void
}

/** How often a watched topic is looked at. With the projection's 250 ms, a change is told after some 200 ms; a look costs the engine 2 ms. */
const LOOK_EVERY_MS = 100
/** A line without meaning, so that proxies and the browser know that the connection stands. */
const HEARTBEAT_EVERY_MS = 15_000
/** A client that takes nothing for this many bytes is gone. */
const WAITING_BYTES_MAX = 16_384

export function createChanges(deps: {
  clock: Clock
  log: Logger
  /** Something that differs whenever the topic has changed. */
  versionOf(topic: string): Promise<string>
}): Changes {
  const { clock, log } = deps
  const topics = new Map<string, Topic>()

  function watch(name: string): Topic {
    const topic: Topic = { streams: new Map(), version: null, cancelLook() {}, cancelBeat() {} }
    topics.set(name, topic)
    const look = async (): Promise<void> => {
      try {
        const version = await deps.versionOf(name)
        if (topic.version !== null && topic.version !== version) send(topic, 'event: changed\ndata:\n\n')
        topic.version = version
      } catch (error) {
        // The store restarts: streams stay, and the next look that succeeds tells what happened meanwhile.
        log.debug({ err: error }, 'changes could not be looked at')
      }
      if (topics.get(name) === topic) topic.cancelLook = clock.after(LOOK_EVERY_MS, () => void look())
    }
    const beat = (): void => {
      send(topic, ': \n\n')
      for (const [stream, mayStill] of topic.streams) {
        void mayStill().catch((error: unknown) => isRefusal(error) && stream.end())
      }
      if (topics.get(name) === topic) topic.cancelBeat = clock.after(HEARTBEAT_EVERY_MS, beat)
    }
    topic.cancelBeat = clock.after(HEARTBEAT_EVERY_MS, beat)
    void look()
    return topic
  }

  function leave(name: string, stream: PassThrough): void {
    const topic = topics.get(name)
    if (!topic?.streams.delete(stream) || topic.streams.size > 0) return
    topics.delete(name)
    topic.cancelLook()
    topic.cancelBeat()
  }

  return {
    subscribe(name, mayStill = async () => undefined) {
      const stream = new PassThrough()
      const topic = topics.get(name) ?? watch(name)
      topic.streams.set(stream, mayStill)
      stream.on('close', () => leave(name, stream))
      // The first line opens the connection for the browser; a second it waits before it connects again.
      stream.write('retry: 1000\n\n')
      return stream
    },
    stop() {
      for (const [name, topic] of topics) {
        for (const stream of topic.streams.keys()) {
          stream.end()
          leave(name, stream)
        }
      }
    },
  }
}

interface Topic {
  /** Who watches, each with whether it still may. */
  readonly streams: Map<PassThrough, () => Promise<void>>
  /** What the last look saw; null before the first. */
  version: string | null
  cancelLook: () => void
  cancelBeat: () => void
}

function send(topic: Topic, text: string): void {
  for (const stream of topic.streams.keys()) {
    if (stream.writableLength > WAITING_BYTES_MAX) stream.destroy()
    else stream.write(text)
  }
}
