import { useState } from 'react'

/** The value, the very same object for as long as what it holds is the same: what is drawn of it is not drawn again. */
export function useStable<T>(value: T): T {
  const [kept, setKept] = useState(value)
  if (kept === value) return kept
  if (JSON.stringify(kept) === JSON.stringify(value)) return kept
  setKept(value)
  return value
}
