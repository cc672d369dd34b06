/**
 * Lines that become one insert or a few, kept as the bytes that they will be. As texts, tens of thousands of rows would be
 * carried along by the garbage collector and copied once more at the end: a fifth of the recorder's time.
 */
export interface Lines {
  /** A row without its line end; `ts`, epoch ms, is the time by which its table is partitioned. */
  add(ts: number, line: string): void
  readonly rows: number
  readonly bytes: number
  /** The rows in parts that no more months each go into than an insert may touch; none without rows. */
  parts(monthsMax: number): Buffer[]
}

const DAY_MS = 86_400_000

export function openLines(): Lines {
  const byMonth = new Map<number, Bytes>()
  let rows = 0
  let bytes = 0
  let day = Number.NaN
  let ofDay: Bytes | undefined

  /** Where rows of a day go: neighbours are mostly of one day. */
  function bytesOf(ts: number): Bytes {
    const tsDay = Math.floor(ts / DAY_MS)
    if (ofDay && tsDay === day) return ofDay
    const at = new Date(ts)
    const month = at.getUTCFullYear() * 12 + at.getUTCMonth()
    let found = byMonth.get(month)
    if (!found) byMonth.set(month, (found = openBytes()))
    day = tsDay
    ofDay = found
    return found
  }

  return {
    add(ts, line) {
      rows += 1
      bytes += bytesOf(ts).addLine(line)
    },
    get rows() {
      return rows
    },
    get bytes() {
      return bytes
    },
    parts(monthsMax) {
      const months = [...byMonth.keys()].sort((a, b) => a - b)
      const parts: Buffer[] = []
      for (let from = 0; from < months.length; from += monthsMax)
        parts.push(
          Buffer.concat(
            months.slice(from, from + monthsMax).flatMap((month) => byMonth.get(month)!.chunks()),
          ),
        )
      return parts
    },
  }
}

interface Bytes {
  /** Returns how many bytes were added, the line end among them. */
  addLine(line: string): number
  chunks(): Buffer[]
}

const CHUNK_BYTES_MIN = 16_384
const CHUNK_BYTES_MAX = 4_194_304
/** Bytes of UTF-8 that a unit of a string takes at most. */
const UTF8_BYTES_MAX = 3
const LINE_END = 0x0a

function openBytes(): Bytes {
  const full: Buffer[] = []
  let chunk = Buffer.allocUnsafe(CHUNK_BYTES_MIN)
  let used = 0

  return {
    addLine(line) {
      const needed = line.length * UTF8_BYTES_MAX + 1
      if (used + needed > chunk.length) {
        full.push(chunk.subarray(0, used))
        chunk = Buffer.allocUnsafe(Math.max(needed, Math.min(2 * chunk.length, CHUNK_BYTES_MAX)))
        used = 0
      }
      const written = chunk.write(line, used)
      chunk[used + written] = LINE_END
      used += written + 1
      return written + 1
    },
    chunks: () => [...full, chunk.subarray(0, used)],
  }
}
