/**
 * The one backend session of the embedded records, lent to one holder at a time in order of arrival.
 */
export interface Lease {
  /** True once it is this holder's turn; false when it was given back before that. */
  readonly granted: Promise<boolean>
  /** Gives the turn on, or leaves the queue. Calling it again does nothing. */
  release(): void
}

export class LeaseQueueFull extends Error {
  override readonly name = 'LeaseQueueFull'
}

interface Entry {
  readonly decide: (isGranted: boolean) => void
}

export class LeaseQueue {
  readonly #waitersMax: number
  #holder: Entry | undefined
  readonly #waiters = new Set<Entry>()

  constructor(options: { waitersMax: number }) {
    this.#waitersMax = options.waitersMax
  }

  get waiting(): number {
    return this.#waiters.size
  }

  /** Queues for the session. Throws LeaseQueueFull when too many wait already. */
  enter(): Lease {
    if (this.#waiters.size >= this.#waitersMax) {
      throw new LeaseQueueFull(`${this.#waitersMax} transactions wait already`)
    }
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const entry: Entry = { decide: resolve }
    if (this.#holder) this.#waiters.add(entry)
    else this.#grant(entry)
    return { granted: promise, release: () => this.#leave(entry) }
  }

  #grant(entry: Entry): void {
    this.#holder = entry
    entry.decide(true)
  }

  #leave(entry: Entry): void {
    if (this.#waiters.delete(entry)) {
      entry.decide(false)
      return
    }
    if (this.#holder !== entry) return
    this.#holder = undefined
    const [next] = this.#waiters
    if (!next) return
    this.#waiters.delete(next)
    this.#grant(next)
  }
}
