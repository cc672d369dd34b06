import { randomUUID } from 'node:crypto'

/** Players of a test that keep on playing: each sends what it is told to and heartbeats in between. */
export interface LivePlayers {
  /** A view of its own device that begins with these events; its number. */
  begin(
    types: readonly string[],
    more?: { contentId?: string; platform?: string; from?: string },
  ): Promise<number>
  /** Sends further events of a view. */
  send(view: number, types: readonly string[]): Promise<void>
  /** Where the instance is now: another one may have taken over the data. */
  aim(url: string): void
  /** Events acknowledged so far. */
  acked(): number
  stop(): void
}

interface View {
  readonly context: object
  readonly from: string | undefined
  seq: number
  /** Sends heartbeats by itself. */
  isBeating: boolean
}

const BEAT_EVERY_MS = 3_000
/** What a view is silent after: a paused player, or one that has ended. */
const SILENT = new Set(['pause', 'view_end', 'ended'])

export function livePlayers(url: string, writeKey: string): LivePlayers {
  const views: View[] = []
  let where = url
  let acked = 0

  async function post(view: View, types: readonly string[]): Promise<void> {
    const now = Date.now()
    const first = view.seq
    view.seq += types.length
    view.isBeating = !SILENT.has(types.at(-1)!)
    const response = await fetch(`${where}/v1/playback`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(view.from ? { 'x-forwarded-for': view.from } : {}),
      },
      body: JSON.stringify({
        v: 1,
        key: writeKey,
        sentAt: now,
        context: view.context,
        events: types.map((type, index) => {
          const seq = first + index
          return { type, seq, ts: now, monoMs: seq * 1_000, positionMs: seq * 1_000 }
        }),
      }),
    })
    if (response.status !== 204)
      throw new Error(`the intake answered ${response.status}: ${await response.text()}`)
    acked += types.length
  }

  // What a restart refuses is a gap in the view, as with real players that lost a heartbeat.
  const beating = setInterval(() => {
    for (const view of views) if (view.isBeating) post(view, ['heartbeat']).catch(() => undefined)
  }, BEAT_EVERY_MS)

  return {
    async begin(types, { contentId = 'ferry', platform = 'web', from } = {}) {
      const number = views.length
      const view: View = {
        context: {
          viewId: randomUUID(),
          deviceId: `device-${number}`,
          content: { id: contentId, kind: 'vod' },
          device: { platform },
        },
        from,
        seq: 0,
        isBeating: false,
      }
      views.push(view)
      await post(view, types)
      return number
    },
    send: (view, types) => post(views[view]!, types),
    aim: (to) => void (where = to),
    acked: () => acked,
    stop: () => clearInterval(beating),
  }
}
