import type { Compared } from '@foyer/contracts'

/**
 * What moved a number most, up or down: parts by how much they moved the whole, never by percent, so that a handful that
 * doubled does not stand above half an audience that left. What did not move is left out; ties keep their order.
 */
export function biggestChanges<Part>(
  parts: readonly Part[],
  measured: (part: Part) => Compared,
  max: number,
): Part[] {
  const moveOf = (part: Part) => Math.abs(measured(part).value - measured(part).previous)
  return parts
    .filter((part) => moveOf(part) > 0)
    .toSorted((a, b) => moveOf(b) - moveOf(a))
    .slice(0, max)
}
