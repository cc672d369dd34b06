/**
 * The slots in which EVENTS holds who is who. A report reads one slot from beginning to end, whichever was current when it
 * began; a slot may be loaded anew only when no report that began in its time is still running. Pure; times are the
 * engine's, epoch ms.
 */
export const SLOTS = [0, 1, 2, 3] as const
export type Slot = (typeof SLOTS)[number]

/** Times in which a slot was current. `until` null: it still is. */
export interface Shift {
  readonly slot: Slot
  readonly from: number
  readonly until: number | null
}

/**
 * Between a report's start and the moment in which the engine looks up the current slot: a report may read a slot that
 * became current this long after it began. With a publication in that time at most, one report holds two slots at most;
 * that is why there are four.
 */
const LOOK_UP_MS_MAX = 250

/** A slot that nobody can be reading; null when there is none now. */
export function idleSlot(shifts: readonly Shift[], runningSince: readonly number[]): Slot | null {
  const isHeld = ({ from, until }: Shift): boolean =>
    until === null || runningSince.some((since) => since >= from - LOOK_UP_MS_MAX && since <= until)
  const held = new Set(shifts.filter(isHeld).map(({ slot }) => slot))
  return SLOTS.find((slot) => !held.has(slot)) ?? null
}

/** The slot may be read from now on, and until `leaveOthers` the others too: whether the change came through is not known. */
export function enter(shifts: readonly Shift[], slot: Slot, now: number): Shift[] {
  return [...shifts, { slot, from: now, until: null }]
}

/** The change came through: reports that begin after `now` read `slot`. Forgets what no running report remembers. */
export function leaveOthers(
  shifts: readonly Shift[],
  slot: Slot,
  { now, runningSince }: { now: number; runningSince: readonly number[] },
): Shift[] {
  const oldest = Math.min(now, ...runningSince)
  return shifts
    .map((shift) => (shift.until === null && shift.slot !== slot ? { ...shift, until: now } : shift))
    .filter(({ until }) => until === null || until >= oldest)
}
